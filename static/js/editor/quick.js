// A list to choose from with the keyboard: what to add (at a port, on a line, anywhere), which step to find, what to do.
import { addAt, addItem, insert } from "./adding.js";
import { commandsNow } from "./commands.js";
import { found } from "./matching.js";
import { on, select, store } from "./store.js";
import { centreOn } from "./viewport.js";

const dialog = document.getElementById("quick");
const search = document.getElementById("quick-search");
const list = document.getElementById("quick-list");
const MOST = 60;
let now = { items: [], shown: [], at: 0, choose: () => {} };
let frame = 0;

function open(items, { hint, choose }) {
  now = { items, shown: [], at: 0, choose };
  search.value = "";
  search.placeholder = hint;
  narrow();
  dialog.showModal();
  search.focus();
}

function narrow() {
  now.shown = found(search.value, now.items, (item) => `${item.title} ${item.words ?? ""}`).slice(0, MOST);
  now.at = 0;
  list.replaceChildren(...now.shown.map(row));
  point();
}

function row(item, index) {
  const line = document.createElement("li");
  Object.assign(line, { className: `ed-choice kind-${item.kind ?? ""}`, id: `quick-${index}` });
  line.setAttribute("role", "option");
  const icon = iconOf(item);
  if (icon) line.append(icon);
  const words = Object.assign(document.createElement("span"), { className: "ed-words" });
  words.append(Object.assign(document.createElement("span"), { className: "ed-title", textContent: item.title }));
  if (item.hint) words.append(Object.assign(document.createElement("span"), { className: "ed-sub", textContent: item.hint }));
  line.append(words);
  if (item.keys) line.append(Object.assign(document.createElement("kbd"), { textContent: item.keys }));
  line.addEventListener("click", () => pick(index));
  return line;
}

function iconOf(item) {
  const known = item.element ?? document.querySelector(`[data-item="${CSS.escape(item.key ?? "")}"]`);
  return known?.querySelector(".ed-mark")?.cloneNode(true);
}

function point() {
  for (const [index, line] of [...list.children].entries()) line.setAttribute("aria-selected", String(index === now.at));
  frame ||= requestAnimationFrame(show);
  search.setAttribute("aria-activedescendant", list.children[now.at] ? `quick-${now.at}` : "");
}

// Once a frame, however fast somebody types: to scroll, the browser must lay out the list first.
function show() {
  frame = 0;
  list.children[now.at]?.scrollIntoView({ block: "nearest" });
}

function pick(index) {
  const item = now.shown[index];
  if (!item) return;
  dialog.close();
  now.choose(item);
}

export function chooseWhat(choose, hint = "Add a step…") {
  const items = [...store.palette.values()].map((item) => ({ ...item, hint: hintOf(item) }));
  open(items, { hint, choose });
}

function hintOf(item) {
  return document.querySelector(`[data-item="${CSS.escape(item.key)}"] .ed-sub`)?.textContent ?? item.subtitle;
}

export function findStep() {
  const items = [...store.model.steps.values()].map((step) => ({
    ...step,
    words: `${step.id} ${step.kind} ${step.subtitle ?? ""} ${JSON.stringify(store.documents[step.id]?.config ?? "")}`,
    hint: step.subtitle || step.kind,
    element: document.getElementById(`node-${step.id}`),
  }));
  open(items, { hint: "Find a step…", choose: ({ id }) => jump(id) });
}

export function jump(id) {
  if (!store.rects.has(id)) return;
  select([id]);
  centreOn(store.rects.get(id));
}

export function showCommands() {
  open(commandsNow(), { hint: "What to do…", choose: (command) => command.run() });
}

on("quick", ({ source, port, edge, at }) => {
  if (!store.mayBuild) return;
  if (edge) chooseWhat((item) => insert(item, edge), "Insert a step…");
  else if (source) chooseWhat((item) => addItem(item, { source, port, at }), "Add the next step…");
  else chooseWhat((item) => (at ? addAt(item, { x: at.x - 116, y: at.y - 30 }) : addItem(item)));
});

search.addEventListener("input", narrow);
search.addEventListener("keydown", (event) => {
  if (event.key === "Enter") pick(now.at);
  else if (event.key === "ArrowDown") now.at = Math.min(now.shown.length - 1, now.at + 1);
  else if (event.key === "ArrowUp") now.at = Math.max(0, now.at - 1);
  else return;
  event.preventDefault();
  point();
});
