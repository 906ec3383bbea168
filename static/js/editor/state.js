// Says how things stand: whether all is saved, what can be undone, what is to be mended, and what just happened.
import { emit, on, store } from "./store.js";

const chip = document.getElementById("save-state");
const said = document.getElementById("said");
const checks = document.getElementById("checks");
const WORDS = {
  saved: () => "Saved",
  saving: () => "Saving…",
  offline: (n) => (n ? `Offline: ${n} change${n === 1 ? "" : "s"} wait${n === 1 ? "s" : ""}` : "Offline"),
  "signed-out": () => "Not saved: sign in again",
};

on("saving", ({ state, waiting }) => {
  chip.dataset.state = state;
  chip.querySelector("[data-text]").textContent = WORDS[state](waiting);
});

export function say(text) {
  said.textContent = text;
}

export function tell(text, level = "error") {
  const note = document.createElement("div");
  note.className = `toast-note is-${level}`;
  note.dataset.toast = "";
  note.append(Object.assign(document.createElement("p"), { textContent: text, className: "min-w-0 flex-1" }));
  const close = Object.assign(document.createElement("button"), { type: "button", textContent: "×" });
  close.dataset.dismiss = "";
  close.setAttribute("aria-label", "Dismiss");
  note.append(close);
  document.getElementById("toasts").append(note);
}

function showUndo(name) {
  const button = document.querySelector(`[data-do=${name}]`);
  if (!button) return;
  const what = store.standing[name];
  button.disabled = !what;
  button.title = what ? `${name === "undo" ? "Undo" : "Redo"}: ${what}` : name;
}

function showChecks() {
  const { findings = [], facts } = store.standing;
  const faults = findings.filter((one) => one.severity === "error").length;
  document.getElementById("checks-count").textContent = findings.length || "✓";
  document.getElementById("checks-button").classList.toggle("is-bad", faults > 0);
  fetchChecks();
  const publish = document.getElementById("publish-button");
  if (publish && facts) publish.disabled = !facts.is_changed;
}

function markCards() {
  const { findings = [] } = store.standing;
  for (const element of document.querySelectorAll("#scene [data-node]")) markCard(element, findings);
}

function markCard(element, findings) {
  const own = findings.filter((one) => one.step_id === element.dataset.node);
  const worst = own.some((one) => one.severity === "error") ? "error" : own.length ? "warning" : "";
  if ((element.dataset.problems ?? "") !== worst) element.dataset.problems = worst;
  const sentences = own.map((one) => one.sentence).join("\n");
  if (element.title !== sentences) element.title = sentences;
}

// The list itself is the server's, with its sentences and the ways to the places; it is fetched while it is open.
function fetchChecks() {
  if (checks.matches(":popover-open")) window.htmx.ajax("GET", checks.dataset.url, { target: "#checks", swap: "innerHTML" }).catch(() => {});
}

checks.addEventListener("toggle", fetchChecks);
chip.addEventListener("click", () => emit("retry"));
on("standing", () => {
  showUndo("undo");
  showUndo("redo");
});
on("standing", showChecks);
on("changed", markCards);
on("refused", (text) => text && tell(text));
on("said", say);
