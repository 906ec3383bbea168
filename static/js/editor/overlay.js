// What a gesture shows above the cards: guides, the line that is being drawn, and why something is refused.
import { shape } from "./edges.js";

const over = document.getElementById("over");
const reason = document.getElementById("reason");
const lines = shape("path", {}, "ed-guide");
const line = shape("path", {}, "ed-new-line");
over.append(lines, line);

// One path that stays: an element put in or taken out has the browser look through the whole page for `:has()`.
export function showGuides(guides) {
  lines.setAttribute("d", guides.map(({ x1, y1, x2, y2 }) => `M${x1} ${y1}L${x2} ${y2}`).join(""));
}

export function showLine(d, kind = "") {
  line.setAttribute("d", d);
  line.setAttribute("class", `ed-new-line ${kind}`);
}

export function showReason(text, event) {
  reason.hidden = !text;
  if (!text) return;
  if (reason.textContent !== text) reason.textContent = text;
  const { left, top, width } = document.getElementById("canvas").getBoundingClientRect();
  const x = Math.max(8, Math.min(width - 300, event.clientX - left + 16));
  reason.style.transform = `translate(${x}px, ${event.clientY - top + 18}px)`;
}
