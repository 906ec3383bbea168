// Keys: those of the table of commands, arrows to go from step to step or to move what is chosen, space to pan.
import { commands, nudge, run } from "./commands.js";
import { cancelGesture, holdSpace } from "./pointer.js";
import { GRID } from "./geometry.js";
import { emit, on, only, select, store } from "./store.js";
import { reveal } from "./viewport.js";

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const CLIPBOARD = new Set(["copy", "cut", "paste"]);
const WORKING = "input, textarea, select, [contenteditable]";
const keys = new Map();

for (const { name, keys: written } of commands.values()) {
  for (const one of written.split(", ")) keys.set(one.toLowerCase(), name);
}

function nameOf(event) {
  const key = event.key === " " ? "space" : event.key.toLowerCase();
  const isSign = key.length === 1 && !/[a-z0-9]/.test(key);
  const parts = [];
  if (event.ctrlKey || event.metaKey) parts.push("ctrl");
  if (event.altKey) parts.push("alt");
  if (event.shiftKey && !isSign) parts.push("shift");
  const letter = event.altKey && event.code.startsWith("Key") ? event.code.slice(3).toLowerCase() : key;
  return [...parts, letter === "=" ? "+" : letter].join(" ");
}

// The nearest step in a direction; the first one when none is chosen.
function neighbour([dx, dy]) {
  const from = store.rects.get(only() ?? [...store.selection][0]);
  if (!from) return [...store.model.steps.keys()][0];
  let best = null;
  for (const [id, rect] of store.rects) {
    if (rect === from) continue;
    const x = rect.x + Math.min(rect.width, 232) / 2 - from.x - Math.min(from.width, 232) / 2;
    const y = rect.y + 30 - from.y - 30;
    const along = x * dx + y * dy;
    const beside = Math.abs(x * dy) + Math.abs(y * dx);
    if (along <= 4 || beside > along * 2.5) continue;
    const cost = along + beside * 1.6;
    if (!best || cost < best.cost) best = { id, cost };
  }
  return best?.id;
}

function arrow(event) {
  const way = ARROWS[event.key];
  if (!way) return false;
  if (event.shiftKey || event.altKey) {
    const far = event.altKey ? 1 : GRID;
    if (store.selection.size && store.mayBuild) nudge(way[0] * far, way[1] * far);
    return true;
  }
  const id = neighbour(way);
  if (id) {
    select([id]);
    reveal(store.rects.get(id));
    emit("said", `${store.model.steps.get(id).title}, ${store.model.steps.get(id).kind}`);
  }
  return true;
}

function pressed(event) {
  if (document.querySelector("dialog[open]")) return;
  if (event.key === "Escape" && cancelGesture()) return;
  const name = nameOf(event);
  const isWorking = event.target.closest(WORKING);
  const isOurs = event.target === document.body || event.target.closest("#canvas, .ed-bar, .ed-tools");
  if (name === "ctrl k" || (name === "ctrl f" && !isWorking)) return doIt(keys.get(name), event);
  if (isWorking || !isOurs) return;
  if (name === "space") {
    if (event.target.closest("button, a")) return;
    holdSpace(true);
    return event.preventDefault();
  }
  if (name === "tab" && (event.target.id !== "canvas" || only() === null)) return;
  if (name === "enter" && event.target.closest("button, a")) return;
  const command = keys.get(name);
  if (command && !CLIPBOARD.has(command)) doIt(command, event);
  else if (!command && arrow(event)) event.preventDefault();
}

function doIt(name, event) {
  if (run(name)) event.preventDefault();
}

function showHelp() {
  const list = document.getElementById("help-keys");
  const rows = [...commands.values()].map(({ title, keys: written }) => [title, written]);
  rows.push(["Go to another step", "Arrows"], ["Move what is chosen", "Shift Arrows"], ["Pan", "Space and drag, wheel"]);
  rows.push(["Zoom", "Ctrl and wheel, pinch"], ["Choose several", "Drag on the canvas, Shift click"], ["No snapping", "Alt while dragging"]);
  list.replaceChildren(
    ...rows.flatMap(([title, written]) => {
      const value = document.createElement("dd");
      for (const one of written.split(", ")) value.append(Object.assign(document.createElement("kbd"), { textContent: one }), " ");
      return [Object.assign(document.createElement("dt"), { textContent: title }), value];
    }),
  );
  document.getElementById("help").showModal();
}

document.addEventListener("keydown", pressed);
document.addEventListener("keyup", (event) => event.key === " " && holdSpace(false));
document.addEventListener("click", (event) => {
  const name = event.target.closest("[data-do]")?.dataset.do;
  if (name) run(name);
});
on("help", showHelp);
