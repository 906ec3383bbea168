// What a new version would change, marked on the cards from the dialog "Publish" until something is chosen or changed.
import { bounds } from "./geometry.js";
import { rectsOf } from "./places.js";
import { on, store } from "./store.js";
import { fit } from "./viewport.js";

function clear() {
  for (const element of document.querySelectorAll("#scene [data-change]")) delete element.dataset.change;
}

function show(button) {
  const changes = Object.entries(JSON.parse(button.dataset.showChanges)).filter(([id]) => store.model.steps.has(id));
  clear();
  for (const [id, change] of changes) document.getElementById(`node-${id}`).dataset.change = change;
  button.closest("dialog").close();
  fit(bounds(rectsOf(changes.map(([id]) => id)).values()));
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-show-changes]");
  if (button) show(button);
});
on("selected changed", clear);
