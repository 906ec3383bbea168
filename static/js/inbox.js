// The inbox by keyboard, choosing many, and nothing that the page could not do without it.
const FIELD = "input:not([type=checkbox]), textarea, select, [contenteditable]";

function inbox() {
  return document.getElementById("inbox");
}

function shownRow() {
  return document.querySelector("#requests [data-shown]");
}

function go(step) {
  const rows = [...document.querySelectorAll("#requests [data-request]")];
  const next = rows[Math.max(0, rows.indexOf(shownRow()) + step)];
  next?.querySelector(".inbox-title").click();
  next?.scrollIntoView({ block: "nearest" });
}

function focus(selector) {
  const found = document.querySelector(selector);
  found?.focus();
  found?.scrollIntoView({ block: "nearest" });
}

function press(key) {
  const found = document.querySelector(`#request [data-key="${key}"]`);
  found?.click();
  if (found?.tagName === "SUMMARY") found.parentElement.querySelector("select, input")?.focus();
}

function choose() {
  const box = shownRow()?.querySelector("input[name=id]");
  if (box) box.checked = !box.checked;
  count();
}

const KEYS = {
  j: () => go(1),
  k: () => go(-1),
  Enter: () => focus("#request"),
  a: () => focus("#request [data-answers] textarea[name=comment]"),
  m: () => focus("#talk-text"),
  c: () => press("c"),
  d: () => press("d"),
  w: () => press("w"),
  x: choose,
  b: () => focus("#bulk-comment"),
  "/": () => focus("#inbox-search"),
  "?": () => document.getElementById("inbox-keys").showModal(),
};

document.addEventListener("keydown", (event) => {
  if (!inbox() || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  if (event.target.closest(FIELD) || document.querySelector("dialog[open]")) return;
  if (event.key === "Enter" && event.target.closest("a, button, summary, label, input")) return;
  const answer = /^[1-9]$/.test(event.key) && document.querySelectorAll("#request [data-answer]")[event.key - 1];
  const act = answer ? () => answer.focus() : KEYS[event.key];
  if (!act) return;
  event.preventDefault();
  act();
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && inbox() && event.target.matches(FIELD)) event.target.blur();
});

function boxes() {
  return [...document.querySelectorAll("#requests input[name=id]")];
}

function count() {
  const chosen = boxes().filter((box) => box.checked).length;
  for (const place of document.querySelectorAll("[data-bulk-count]")) place.textContent = chosen || "";
}

let last = null;

// With Shift, all between the one chosen before and this one.
function chooseUpTo(box, event) {
  const all = boxes();
  const [from, to] = [all.indexOf(last), all.indexOf(box)].sort((a, b) => a - b);
  if (event.shiftKey && from >= 0) for (const one of all.slice(from, to + 1)) one.checked = box.checked;
  last = box;
  count();
}

document.addEventListener("click", (event) => {
  if (!inbox()) return;
  if (event.target.matches("#requests input[name=id]")) chooseUpTo(event.target, event);
  if (!event.target.closest("[data-choose-all]")) return;
  const all = boxes();
  const isOn = !all.every((box) => box.checked);
  for (const box of all) box.checked = isOn;
  count();
});

document.addEventListener("htmx:afterSettle", () => inbox() && count());
