// Trying the draft: a drawer of the server below the canvas, which follows what is chosen, and how far each step is in
// the run it shows, as marks on the cards.
import { on, only, select, store } from "./store.js";
import { reveal } from "./viewport.js";

const drawer = document.getElementById("trial");
const editor = document.getElementById("editor");
const FOLLOW_MS = 150;
const SAVED_MS = 50;
let run = new URLSearchParams(location.search).get("run") ?? "";
let marks = { states: {}, pinned: [] };
let soon = 0;

function address(more = {}) {
  return `${drawer.dataset.url}?${new URLSearchParams({ run, step: only() ?? "", ...more })}`;
}

function show(isShown) {
  drawer.hidden = !isShown;
  editor.classList.toggle("has-trial", isShown);
}

function fetchInto(verb, more) {
  if (drawer.hidden) show(true);
  const shown = document.getElementById("trial-shown");
  const way = shown ? { source: shown, target: shown, swap: "morph:outerHTML settle:0ms" } : { target: drawer, swap: "innerHTML settle:0ms" };
  const values = verb === "POST" ? { csrfmiddlewaretoken: document.querySelector("#csrf input").value } : {};
  return window.htmx.ajax(verb, address(more), { ...way, values }).catch(() => {});
}

// What is tried is what the server has: everything that was drawn must have arrived there.
function saved() {
  return new Promise((resolve) => {
    const look = () => (store.pending.length ? setTimeout(look, SAVED_MS) : resolve());
    look();
  });
}

async function start(reach) {
  await saved();
  if (drawer.hidden) await fetchInto("GET");
  await fetchInto("POST", { reach });
}

async function toggle() {
  if (!drawer.hidden) return close();
  await fetchInto("GET");
  if (store.rects.has(only())) reveal(store.rects.get(only()));
}

function close() {
  drawer.replaceChildren();
  show(false);
}

function read() {
  const data = document.getElementById("trial-marks");
  if (!data) return;
  marks = JSON.parse(data.textContent);
  run = marks.run;
  markAll();
}

function markAll() {
  const pinned = new Set(marks.pinned);
  for (const element of document.querySelectorAll("#scene [data-node]")) {
    const id = element.dataset.node;
    const [status, note] = marks.states[id] ?? [];
    mark(element, "run", status);
    mark(element, "told", pinned.has(id) ? "Pinned" : status === "skipped" ? "" : note);
  }
}

function mark(element, name, value) {
  if (value) element.dataset[name] = value;
  else delete element.dataset[name];
}

on("try", start);
on("data", toggle);
on("changed", markAll);
on("selected", ({ quiet }) => {
  const place = document.getElementById("trial-place");
  if (place) place.value = only() ?? ""; // what is searched from now on is about this step
  clearTimeout(soon);
  if (quiet || drawer.hidden || document.querySelector("#trial form.trial-form")) return;
  soon = setTimeout(() => fetchInto("GET"), FOLLOW_MS);
});

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-close-trial]")) close();
  const id = event.target.closest("[data-trial-step]")?.dataset.trialStep;
  if (id && store.model.steps.has(id)) select([id], { quiet: true });
});

document.addEventListener("htmx:confirm", (event) => {
  if (!event.target.matches("[data-tries]") || !store.pending.length) return;
  event.preventDefault();
  saved().then(() => event.detail.issueRequest());
});

document.addEventListener("htmx:afterSwap", (event) => drawer.contains(event.target) && read());

// What was asked about a run that is no longer shown comes too late.
document.addEventListener("htmx:beforeSwap", ({ target, detail }) => {
  const { verb, path } = detail.requestConfig;
  if (verb !== "get" || !drawer.contains(target)) return;
  const about = new URLSearchParams(path.split("?")[1]).get("run");
  if (about !== null && about !== run) detail.shouldSwap = false;
});

document.addEventListener("live:message", ({ detail }) => {
  if (detail.type === "poke" && detail.about === "pins" && detail.id === store.workflow && !drawer.hidden) fetchInto("GET");
});

export function openTrial() {
  if (run) fetchInto("GET");
}
