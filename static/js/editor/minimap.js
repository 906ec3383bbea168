// A small picture of everything with what is seen; a press goes there.
import { bounds } from "./geometry.js";
import { shape } from "./edges.js";
import { everything } from "./places.js";
import { on, store } from "./store.js";
import { box, setView, toScene, view } from "./viewport.js";

const map = document.getElementById("minimap");
const steps = shape("g");
const seen = shape("rect", { rx: 8 }, "ed-seen");
map.append(steps, seen);
let timer = 0;
let frame = 0;

function area() {
  const { left, top, right, bottom } = box();
  const [from, to] = [toScene(left, top), toScene(right, bottom)];
  return { x: from.x, y: from.y, width: to.x - from.x, height: to.y - from.y };
}

// One path for all steps of a kind: hundreds of shapes made anew would cost more than the drag that they follow.
function drawSteps() {
  timer = 0;
  const outlines = new Map();
  for (const [id, { x, y, width, height }] of store.rects) {
    const step = store.model.steps.get(id);
    const kind = `kind-${step?.kind}${step?.isFrame ? " is-frame" : ""}${store.selection.has(id) ? " is-selected" : ""}`;
    outlines.set(kind, `${outlines.get(kind) ?? ""}M${x} ${y}h${width}v${height}h${-width}z`);
  }
  for (const path of [...steps.children]) if (!outlines.has(path.dataset.kind)) path.remove();
  for (const [kind, d] of outlines) pathOf(kind).setAttribute("d", d);
  drawSeen();
}

function pathOf(kind) {
  const found = [...steps.children].find((path) => path.dataset.kind === kind);
  if (found) return found;
  const made = shape("path", { "data-kind": kind }, `ed-map-step ${kind}`);
  if (kind.includes("is-frame")) steps.prepend(made);
  else steps.append(made);
  return made;
}

function drawSeen() {
  frame = 0;
  const now = area();
  const whole = bounds([everything() ?? now, now]);
  map.setAttribute("viewBox", `${whole.x - 40} ${whole.y - 40} ${whole.width + 80} ${whole.height + 80}`);
  for (const key of ["x", "y", "width", "height"]) seen.setAttribute(key, now[key]);
  map.classList.toggle("is-needless", store.rects.size < 4);
}

function soon() {
  timer ||= setTimeout(drawSteps, 120);
}

function go(event) {
  if (!(event.buttons & 1)) return;
  event.stopPropagation();
  const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(map.getScreenCTM().inverse());
  const { width, height } = box();
  setView(width / 2 - point.x * view.k, height / 2 - point.y * view.k, view.k);
}

map.addEventListener("pointerdown", (event) => {
  map.setPointerCapture(event.pointerId);
  go(event);
});
map.addEventListener("pointermove", go);
on("drawn selected", soon);
on("viewed", () => {
  frame ||= setTimeout(drawSeen, 50);
});
