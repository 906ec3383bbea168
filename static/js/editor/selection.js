// What is chosen: told to the panel, shown beside the canvas, and for several steps a bar with what can be done to them.
import { commands, isPossible, run } from "./commands.js";
import { jump } from "./quick.js";
import { emit, on, only, store } from "./store.js";
import { reveal } from "./viewport.js";

const bar = document.getElementById("selection-bar");
const panel = document.getElementById("panel");
const BUTTONS = [
  ["align-left", "align-start-vertical"],
  ["align-centre", "align-center-vertical"],
  ["align-right", "align-end-vertical"],
  ["align-top", "align-start-horizontal"],
  ["align-middle", "align-center-horizontal"],
  ["align-bottom", "align-end-horizontal"],
  ["distribute-x", "align-horizontal-distribute-center"],
  ["distribute-y", "align-vertical-distribute-center"],
  ["duplicate", "copy"],
  ["remove", "trash-2"],
];
const DOUBLE_MS = 240;
const SETTINGS = ":workflow";
let shown = null;

function button(name, icon) {
  const { title, keys } = commands.get(name);
  const made = Object.assign(document.createElement("button"), { type: "button", title: `${title} (${keys})` });
  made.setAttribute("aria-label", title);
  made.append(document.getElementById("icons").content.querySelector(`[data-icon="${icon}"] svg`).cloneNode(true));
  made.addEventListener("click", () => run(name));
  return made;
}

function showBar() {
  const isShown = store.selection.size > 1 && store.mayBuild;
  bar.hidden = !isShown;
  if (!isShown) return;
  const count = Object.assign(document.createElement("span"), { className: "num", textContent: `${store.selection.size} steps` });
  bar.replaceChildren(count, ...BUTTONS.filter(([name]) => isPossible(commands.get(name))).map(([name, icon]) => button(name, icon)));
}

// The panel belongs to the server: it is fetched for the one step that is chosen, or for the workflow itself.
export function openPanel(urls) {
  const fetchInto = (url, id, field, isFocused) => {
    panel.hidden = false;
    document.getElementById("editor").classList.add("has-panel");
    shown = id;
    const fetched = window.htmx.ajax("GET", url, { target: "#panel", swap: "innerHTML" });
    fetched.then(() => shown === id && arrived(id, field, isFocused)).catch(() => {});
    requestAnimationFrame(() => seen(id));
  };
  const show = ({ id, field, isFocused }) => {
    if (shown === id && !field) return isFocused && focusFirst();
    if (store.server.steps.has(id)) fetchInto(urls.panel.replace("/x/", `/${id}/`), id, field, isFocused);
  };
  // The first press of a double one does not open the panel, which would move the card away under the pointer.
  let soon = 0;
  document.addEventListener("dblclick", () => clearTimeout(soon));
  on("opened", (detail) => {
    clearTimeout(soon);
    if (detail.isPressed && panel.hidden) soon = setTimeout(() => show(detail), DOUBLE_MS);
    else show(detail);
  });
  on("settings", () => fetchInto(urls.settings, SETTINGS));
  on("changed", () => {
    if (shown && shown !== SETTINGS && !store.model.steps.has(shown)) close();
    else if (shown && only() && shown !== SETTINGS && only() !== shown) show({ id: only() });
  });
  on("selected", ({ quiet }) => {
    if (quiet || !shown) return;
    if (only()) show({ id: only() });
    else if (shown !== SETTINGS) close();
  });
  document.addEventListener("click", (event) => event.target.closest("[data-panel-close], [data-close-panel]") && close());
}

function seen(id) {
  if (store.rects.has(id)) reveal(store.rects.get(id));
}

function arrived(id, field, isFocused) {
  if (field || isFocused) focusFirst(field);
  seen(id);
}

function focusFirst(field) {
  const wanted = field ? panel.querySelector(`[name="${CSS.escape(field)}"], [data-field="${CSS.escape(field)}"]`) : null;
  (wanted ?? panel.querySelector(".panel-fields :is(input:not([type=hidden]), textarea, select)") ?? panel.querySelector("button"))?.focus();
}

function close() {
  shown = null;
  panel.hidden = true;
  panel.replaceChildren();
  document.getElementById("editor").classList.remove("has-panel");
}

on("selected", ({ quiet }) => {
  showBar();
  if (!quiet) document.dispatchEvent(new CustomEvent("editor:selected", { detail: { ids: [...store.selection] } }));
});

document.addEventListener("editor:jump", ({ detail }) => {
  jump(detail.id);
  emit("opened", { id: detail.id, field: detail.field });
});
