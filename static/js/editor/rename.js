// Renaming in place: the title of a card becomes a field. When the server draws the card anew meanwhile, the field moves
// over with what is typed in it: a letter that missed it would be a command of the canvas.
import { send } from "./api.js";
import { elementOf } from "./cards.js";
import { cut } from "./geometry.js";
import { on, store } from "./store.js";

let now = null;

function titleOf(id) {
  return elementOf(id)?.querySelector(".ed-title");
}

export function rename(id) {
  if (now || !store.mayBuild || !titleOf(id)) return;
  const before = store.model.steps.get(id).title;
  const field = document.createElement("input");
  Object.assign(field, { className: "ed-rename", value: before, maxLength: 200, onkeydown: typed });
  field.setAttribute("aria-label", "Name of the step");
  now = { id, field, before };
  show();
  field.select();
}

function show() {
  const { id, field } = now;
  titleOf(id).replaceChildren(field);
  field.focus({ preventScroll: true });
  field.onblur = () => leave(true);
}

function leave(isKept) {
  const { id, field, before } = now;
  now = null;
  field.onblur = null;
  const name = field.value.trim();
  const isNew = isKept && name && name !== before && store.model.steps.has(id);
  if (titleOf(id)) titleOf(id).textContent = cut(isNew ? name : before);
  if (document.activeElement === field || document.activeElement === document.body) document.getElementById("canvas").focus({ preventScroll: true });
  if (isNew) send([{ op: "update_step", id, changes: { name } }]);
}

function typed(event) {
  event.stopPropagation();
  if (event.key === "Enter") leave(true);
  if (event.key === "Escape") leave(false);
}

on("redrawing", (id) => now?.id === id && (now.field.onblur = null));
on("redrawn", (id) => {
  if (now?.id !== id) return;
  const { selectionStart, selectionEnd } = now.field;
  show();
  now.field.setSelectionRange(selectionStart, selectionEnd);
});

document.getElementById("canvas").addEventListener("dblclick", (event) => {
  const node = event.target.closest("[data-node]");
  if (node && !event.target.closest("input") && event.target.closest(".ed-head")) rename(node.dataset.node);
});
