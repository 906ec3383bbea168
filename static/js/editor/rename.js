// Renaming in place: the title of a card becomes a field.
import { send } from "./api.js";
import { elementOf } from "./cards.js";
import { cut } from "./geometry.js";
import { store } from "./store.js";

export function rename(id) {
  const title = elementOf(id)?.querySelector(".ed-title");
  if (!title || !store.mayBuild || title.querySelector("input")) return;
  const before = store.model.steps.get(id).title;
  const field = document.createElement("input");
  Object.assign(field, { className: "ed-rename", value: before, maxLength: 200 });
  field.setAttribute("aria-label", "Name of the step");
  title.replaceChildren(field);
  field.focus();
  field.select();
  const leave = (isKept) => {
    field.onblur = null;
    const name = field.value.trim();
    title.textContent = cut(isKept && name ? name : before);
    document.getElementById("canvas").focus({ preventScroll: true });
    if (isKept && name && name !== before) send([{ op: "update_step", id, changes: { name } }]);
  };
  field.onblur = () => leave(true);
  field.onkeydown = (event) => {
    event.stopPropagation();
    if (event.key === "Enter") leave(true);
    if (event.key === "Escape") leave(false);
  };
}

document.getElementById("canvas").addEventListener("dblclick", (event) => {
  const node = event.target.closest("[data-node]");
  if (node && !event.target.closest("input") && event.target.closest(".ed-head")) rename(node.dataset.node);
});
