// The canvas: puts the modules together and shows what the server sent with the page.
import { begin, stand } from "./api.js";
import { adoptAll, draw } from "./cards.js";
import "./edges.js";
import "./connect.js";
import "./notes.js";
import "./drag.js";
import "./marquee.js";
import "./palette.js";
import "./rename.js";
import "./keyboard.js";
import "./minimap.js";
import "./overview.js";
import "./state.js";
import "./changes.js";
import "./clash.js";
import "./glide.js";
import { follow } from "./clipboard.js";
import { watch } from "./live.js";
import { everything } from "./places.js";
import { openPanel } from "./selection.js";
import { openTrial } from "./trial.js";
import { emit, on, rebase, store } from "./store.js";
import { fit, place, setView, toScene, view } from "./viewport.js";

const data = JSON.parse(document.getElementById("editor-data").textContent);
const READABLE = 0.6;
const canvas = document.getElementById("canvas");

function load() {
  store.mayBuild = data.mayBuild;
  store.mayTry = data.mayTry;
  store.workflow = data.workflow.id;
  store.documents = data.documents;
  store.palette = new Map(data.palette.map((item) => [item.key, item]));
  store.server.steps = new Map(adoptAll().map((step) => [step.id, step]));
  store.server.edges = data.edges;
  store.server.notes = data.notes;
  begin(data.urls);
  stand(data);
  rebase();
}

// Each window remembers where it looked.
function look() {
  const kept = sessionStorage.getItem(`view:${data.workflow.id}`);
  if (kept) setView(...JSON.parse(kept));
  else fit(everything(), { glides: false, least: READABLE });
  place();
  addEventListener("pagehide", () => {
    sessionStorage.setItem(`view:${data.workflow.id}`, JSON.stringify([view.x, view.y, view.k]));
  });
}

function showZoom() {
  const shown = `${Math.round(view.k * 100)} %`;
  const button = document.getElementById("zoom");
  if (button.textContent === shown) return;
  button.textContent = shown;
  button.setAttribute("aria-label", `${shown}, zoom to 100 %`);
}

let lastMove = null;
canvas.addEventListener("pointermove", (event) => (lastMove = event));
canvas.addEventListener("pointerleave", () => (lastMove = null));

on("viewed", showZoom);
on("changed", () => (document.getElementById("empty").hidden = store.model.steps.size > 0 || store.model.notes.length > 0));
load();
draw();
look();
follow(() => (lastMove ? toScene(lastMove.clientX, lastMove.clientY) : null));
openPanel(data.urls);
watch(data.workflow);
openTrial();
canvas.classList.add("is-ready");
emit("ready");
