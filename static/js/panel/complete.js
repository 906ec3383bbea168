// Completion of variables: opens after `${` (in conditions at once), shows kinds and the values of the newest run.
import { asked, fitting, lastSeen, shortly } from "./variables.js";

const MOST = 80;
const FRESH_MS = 30000;
const list = Object.assign(document.createElement("ul"), { id: "panel-complete", className: "panel-complete", popover: "manual" });
const said = Object.assign(document.createElement("p"), { className: "sr-only" });
list.setAttribute("role", "listbox");
list.setAttribute("aria-label", "Variables");
said.setAttribute("role", "status");
document.body.append(list, said);

let control = null;
let ask = null;
let chosen = 0;
let isEager = false;
let run = {};

const offers = () => JSON.parse(document.getElementById("panel-variables")?.textContent ?? "{}");
const options = () => [...list.querySelectorAll("[role=option]")];

async function learn() {
  const url = document.querySelector("[data-seen]")?.dataset.seen;
  if (!url || (run.url === url && Date.now() - run.at < FRESH_MS)) return;
  run = { ...run, url, at: Date.now() };
  const answer = await fetch(url, { headers: { Accept: "application/json" } }).catch(() => null);
  if (!answer?.ok) return;
  run = { url, at: Date.now(), ...(await answer.json()) };
  if (control) show();
}

function option(one, at) {
  const [text, path, label, kind, source] = one;
  const made = document.createElement("li");
  const shown = control.dataset.complete === "path" ? path : text;
  Object.assign(made, { id: `panel-option-${at}` });
  Object.assign(made.dataset, { text: shown });
  made.setAttribute("role", "option");
  made.setAttribute("aria-selected", "false");
  const parts = [["code", shown], ["span", kind], ["small", `${source === label ? "" : `${source}: `}${label}`], ["small", shortly(lastSeen(run, text))]];
  made.append(...parts.map(([tag, words]) => Object.assign(document.createElement(tag), { textContent: words })));
  if (parts[3][1]) made.lastChild.title = `In run #${run.run}`;
  return made;
}

function show() {
  const found = fitting(offers(), control.dataset.scope || "any", ask.query).slice(0, MOST);
  chosen = Math.min(chosen, Math.max(found.length - 1, 0));
  const none = Object.assign(document.createElement("li"), { className: "is-none", textContent: "Nothing that comes before this step fits." });
  list.replaceChildren(...(found.length ? found.map(option) : [none]));
  if (!list.matches(":popover-open")) list.showPopover();
  place();
  mark();
  said.textContent = found.length ? `${found.length} variables; choose with the arrow keys` : none.textContent;
}

function place() {
  const box = control.getBoundingClientRect();
  const below = innerHeight - box.bottom - 12;
  const height = Math.min(list.scrollHeight, 320);
  const above = below < Math.min(height, 160);
  list.style.left = `${Math.max(8, Math.min(box.left, innerWidth - list.offsetWidth - 8))}px`;
  list.style.maxHeight = `${Math.max(120, Math.min(320, above ? box.top - 16 : below))}px`;
  list.style.top = above ? `${Math.max(8, box.top - Math.min(height, box.top - 16) - 4)}px` : `${box.bottom + 4}px`;
}

function mark() {
  for (const [at, one] of options().entries()) one.setAttribute("aria-selected", isEager && at === chosen);
  const now = isEager ? options()[chosen] : null;
  now?.scrollIntoView({ block: "nearest" });
  if (now) control.setAttribute("aria-activedescendant", now.id);
  else control.removeAttribute("aria-activedescendant");
  control.setAttribute("aria-controls", list.id);
}

export function close() {
  if (list.matches(":popover-open")) list.hidePopover();
  control?.removeAttribute("aria-activedescendant");
  control = ask = null;
}

// What only came with the focus takes no key until somebody asks for it.
function open(target, question, eager = true) {
  control = target;
  ask = question;
  chosen = 0;
  isEager = eager;
  learn();
  show();
}

function accept(text) {
  const { from, to } = ask;
  const target = control;
  target.focus();
  target.setRangeText(text, from, to, "end");
  close();
  target.dispatchEvent(new Event("input", { bubbles: true }));
}

function look(target) {
  const question = asked(target.dataset.complete, target.value, target.selectionStart);
  if (question) open(target, question);
  else if (control === target) close();
}

document.addEventListener("input", (event) => {
  if (event.isTrusted && event.target.matches?.("[data-complete]")) look(event.target);
});
document.addEventListener("focusin", (event) => {
  const target = event.target;
  if (control && target !== control) close();
  if (target.matches?.("[data-complete=path]") && !target.value) open(target, asked("path", "", 0), false);
});
document.addEventListener("focusout", (event) => event.target === control && setTimeout(() => document.activeElement !== control && close()));
document.addEventListener("pointerdown", (event) => {
  const one = event.target.closest?.("#panel-complete [role=option]");
  if (!one) return;
  event.preventDefault();
  accept(one.dataset.text);
});
document.addEventListener("click", (event) => {
  const target = document.getElementById(event.target.closest?.("[data-insert]")?.dataset.insert ?? "");
  if (!target) return;
  target.focus();
  open(target, { from: target.selectionStart, to: target.selectionEnd, query: "" });
});
document.addEventListener(
  "keydown",
  (event) => {
    if (!control || event.target !== control) return;
    const count = options().length;
    const moves = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (moves && count) {
      chosen = isEager ? (chosen + moves + count) % count : 0;
      isEager = true;
    } else if (isEager && (event.key === "Enter" || event.key === "Tab") && count && !event.shiftKey) accept(options()[chosen].dataset.text);
    else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
    event.stopPropagation();
    if (control) mark();
  },
  { capture: true },
);
