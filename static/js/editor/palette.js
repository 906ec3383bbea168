// The palette: search in it, drag from it onto the canvas, a line or a container; a click puts a step beside the chosen one.
import { addAt, addItem, pasteTemplate } from "./adding.js";
import { mark } from "./edges.js";
import { elementOf } from "./cards.js";
import { score } from "./matching.js";
import { containerAt, edgeAt } from "./places.js";
import { store } from "./store.js";
import { box, toScene } from "./viewport.js";

const palette = document.getElementById("palette");
const search = document.getElementById("palette-search");
const FAR = 5;
let held = null;
let droppedAt = -1000;

function narrow() {
  let left = 0;
  for (const item of palette.querySelectorAll(".ed-item")) {
    item.hidden = search.value.trim() !== "" && !score(search.value, item.dataset.words);
    left += item.hidden ? 0 : 1;
  }
  for (const group of palette.querySelectorAll("[data-group]")) group.hidden = !group.querySelector(".ed-item:not([hidden])");
  document.getElementById("palette-none").hidden = left > 0;
}

function pressed(event) {
  const item = event.target.closest(".ed-item");
  if (!item || event.button !== 0) return;
  held = { item, first: event, ghost: null };
}

function moved(event) {
  if (!held || event.pointerId !== held.first.pointerId) return;
  if (!held.ghost) {
    const [dx, dy] = [event.clientX - held.first.clientX, event.clientY - held.first.clientY];
    const isScroll = event.pointerType === "touch" && Math.abs(dy) > Math.abs(dx);
    if (Math.hypot(dx, dy) < FAR || isScroll) return;
    held.item.setPointerCapture(event.pointerId);
    held.ghost = held.item.cloneNode(true);
    held.ghost.className += " ed-carried";
    document.getElementById("editor").append(held.ghost);
  }
  held.ghost.style.transform = `translate(${event.clientX - 24}px, ${event.clientY - 24}px)`;
  aim(event);
}

function isOver(event) {
  const { left, top, right, bottom } = box();
  return event.clientX > left && event.clientX < right && event.clientY > top && event.clientY < bottom;
}

function aim(event) {
  const point = toScene(event.clientX, event.clientY);
  const parent = isOver(event) ? containerAt(point) : null;
  const edge = isOver(event) && held.item.dataset.item ? edgeAt(point, parent) : null;
  unaim();
  Object.assign(held, { parent, edge, point });
  elementOf(parent)?.classList.add("is-target");
  mark(edge, "is-target", true);
}

function unaim() {
  elementOf(held?.parent)?.classList.remove("is-target");
  mark(held?.edge, "is-target", false);
}

function released(event) {
  if (!held || event.pointerId !== held.first.pointerId) return;
  const { item, ghost, edge, point } = held;
  unaim();
  held = null;
  ghost?.remove();
  if (!ghost) return;
  droppedAt = event.timeStamp;
  if (!isOver(event)) return;
  const place = { x: point.x - 116, y: point.y - 30 };
  if (item.dataset.template) pasteTemplate(item.dataset.template, place);
  else addAt(store.palette.get(item.dataset.item), place, { edge, isExact: true });
}

function clicked(event) {
  const item = event.target.closest(".ed-item");
  if (!item || event.timeStamp - droppedAt < 100) return;
  if (item.dataset.template) pasteTemplate(item.dataset.template);
  else addItem(store.palette.get(item.dataset.item));
}

if (palette) {
  search.addEventListener("input", narrow);
  search.addEventListener("keydown", (event) => {
    if (event.key === "Enter") palette.querySelector(".ed-item:not([hidden])")?.click();
    if (event.key === "Escape") {
      search.value = "";
      narrow();
    }
  });
  palette.addEventListener("pointerdown", pressed);
  document.addEventListener("pointermove", moved);
  document.addEventListener("pointerup", released);
  document.addEventListener("pointercancel", () => {
    unaim();
    held?.ghost?.remove();
    held = null;
  });
  palette.addEventListener("click", clicked);
}
