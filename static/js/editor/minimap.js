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

function drawSteps() {
  timer = 0;
  steps.replaceChildren(
    ...[...store.rects].map(([id, rect]) => {
      const step = store.model.steps.get(id);
      const kind = `ed-map-step kind-${step?.kind}${step?.isFrame ? " is-frame" : ""}${store.selection.has(id) ? " is-selected" : ""}`;
      return shape("rect", { x: rect.x, y: rect.y, width: rect.width, height: rect.height, rx: 14 }, kind);
    }),
  );
  drawSeen();
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
