// Two changes that meet: both sides are shown, and whoever comes second says which is to stand.
import { sendAgain } from "./api.js";
import { on } from "./store.js";

const dialog = document.getElementById("clash");
const waiting = [];
let now = null;

function text(value) {
  return JSON.stringify(value, null, 2);
}

function next() {
  if (now || !waiting.length) return;
  now = waiting.shift();
  const { entry, theirs, by, error } = now;
  document.getElementById("clash-said").textContent = error.message;
  document.getElementById("clash-who").textContent = by;
  document.getElementById("clash-mine").textContent = entry.changes.map(({ look, ...one }) => text(one)).join("\n");
  document.getElementById("clash-theirs").textContent = Object.entries(theirs)
    .map(([id, step]) => (step ? text(step) : `${id}: deleted`))
    .join("\n");
  dialog.showModal();
}

dialog.addEventListener("click", ({ target }) => target.value && dialog.close(target.value));
dialog.addEventListener("close", () => {
  const { entry, revision } = now;
  now = null;
  if (dialog.returnValue === "mine") sendAgain(entry, revision);
  dialog.returnValue = "";
  next();
});

on("clash", (detail) => {
  waiting.push(detail);
  next();
});
