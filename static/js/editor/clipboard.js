// Copy, cut and paste as JSON on the system's clipboard, so that steps go into another tab, another workflow or a mail.
import { paste } from "./adding.js";
import { send } from "./api.js";
import { bounds } from "./geometry.js";
import { fragmentOf, readFragment } from "./fragments.js";
import { outermost } from "./model.js";
import { rectsOf } from "./places.js";
import { emit, on, select, store } from "./store.js";

const SHIFT = 40;
let last = { text: "", times: 0 };
let pointer = null;
let wanted = 0;

function chosenText() {
  return JSON.stringify(fragmentOf(store.model, store.documents, store.selection), null, 1);
}

function isElsewhere(event) {
  return event.target.closest?.("input, textarea, select, [contenteditable], dialog[open]") || String(getSelection());
}

function copied(event) {
  if (isElsewhere(event) || !store.selection.size) return;
  event.preventDefault();
  const text = chosenText();
  event.clipboardData.setData("text/plain", text);
  last = { text, times: 0 };
  if (event.type === "cut" && store.mayBuild) send([{ op: "remove_steps", ids: outermost(store.model, store.selection) }], "Cut");
  else emit("said", "Copied");
}

function pasted(event) {
  if (isElsewhere(event) || !store.mayBuild) return;
  const fragment = readFragment(event.clipboardData.getData("text/plain"));
  if (!fragment) return emit("refused", "There are no steps on the clipboard.");
  event.preventDefault();
  put(fragment, event.clipboardData.getData("text/plain"));
}

// Under the pointer, else a little beside what was copied, further with every time.
function put(fragment, text) {
  last = text === last.text ? { text, times: last.times + 1 } : { text, times: 1 };
  wanted = fragment.steps.length;
  if (pointer && last.times === 1) return paste(fragment, pointer());
  const box = bounds(rectsOf(store.selection).values());
  paste(fragment, box ? { x: box.x + SHIFT, y: box.y + SHIFT } : null);
}

export function copy() {
  navigator.clipboard.writeText(chosenText());
  emit("said", "Copied");
}

export function cut() {
  copy();
  send([{ op: "remove_steps", ids: outermost(store.model, store.selection) }], "Cut");
}

export async function pasteHere() {
  const text = await navigator.clipboard.readText();
  const fragment = readFragment(text);
  if (fragment) put(fragment, text);
  else emit("refused", "There are no steps on the clipboard.");
}

export function duplicate() {
  const roots = outermost(store.model, store.selection);
  const fragment = fragmentOf(store.model, store.documents, store.selection);
  const parent = store.model.steps.get(roots[0])?.parent ?? null;
  const inner = fragment.steps.filter((step) => roots.includes(step.id)).map((step) => step.position);
  const at = [Math.min(...inner.map((one) => one.x)) + SHIFT, Math.min(...inner.map((one) => one.y)) + SHIFT];
  wanted = fragment.steps.length;
  send([{ op: "paste", fragment: { steps: fragment.steps, edges: fragment.edges }, parent, at }], "Duplicate");
}

export function follow(toPoint) {
  pointer = toPoint;
}

// What was pasted is chosen once the server has given it its ids.
let before = new Set();
on("pasted", (count) => (wanted = count));
on("changed", () => {
  const fresh = [...store.server.steps.keys()].filter((id) => !before.has(id));
  if (wanted && fresh.length >= wanted && before.size + fresh.length === store.server.steps.size) {
    wanted = 0;
    select(outermost(store.model, fresh));
  }
  before = new Set(store.server.steps.keys());
});

document.addEventListener("copy", copied);
document.addEventListener("cut", copied);
document.addEventListener("paste", pasted);
