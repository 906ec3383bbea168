// Goes to a field of the panel: from a finding, from an address, and to what a button just brought.
let wanted = null;

function nearest(field) {
  const parts = [...document.querySelectorAll("[data-panel] [data-field]")];
  const around = parts.filter((part) => field === part.dataset.field || field.startsWith(`${part.dataset.field}.`));
  return around.sort((one, other) => other.dataset.field.length - one.dataset.field.length)[0];
}

function controlsIn(part) {
  return [...part.querySelectorAll("input:not([type=hidden]), select, textarea, summary")].filter((one) => one.checkVisibility());
}

export function reveal(field) {
  const part = field && nearest(field);
  if (!part) return false;
  for (let around = part.closest("details"); around; around = around.parentElement.closest("details")) around.open = true;
  part.scrollIntoView({ block: "center" });
  (controlsIn(part)[0] ?? part).focus();
  return true;
}

function go(link) {
  const detail = { id: link.dataset.jump || null, field: link.dataset.field };
  for (const dialog of document.querySelectorAll("dialog[open]")) dialog.close();
  for (const popover of document.querySelectorAll("[popover]:popover-open")) popover.hidePopover();
  if (detail.id) document.dispatchEvent(new CustomEvent("editor:jump", { detail }));
  else openPanel(link.getAttribute("href"), detail.field);
}

// The panel of the workflow itself, or any other that an address names.
export function openPanel(url, field = "") {
  const panel = document.getElementById("panel");
  panel.querySelector("[data-close-panel]")?.click();
  panel.hidden = false;
  document.getElementById("editor")?.classList.add("has-panel");
  wanted = field || "heading";
  window.htmx.ajax("GET", url, { target: "#panel", swap: "innerHTML" });
}

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("[data-jump]");
  const opener = event.target.closest?.("[data-open-panel]");
  if (!(link || opener) || !document.getElementById("canvas")) return;
  event.preventDefault();
  if (link) go(link);
  else openPanel(opener.dataset.openPanel);
});

document.addEventListener("editor:jump", ({ detail }) => {
  wanted = detail.field;
  setTimeout(() => reveal(wanted), 0);
});

document.addEventListener("htmx:afterSettle", (event) => {
  if (event.target.id !== "panel" || !wanted) return;
  const field = wanted;
  wanted = null;
  setTimeout(() => reveal(field) || document.querySelector("[data-panel] input:not([type=hidden])")?.focus(), 0);
});

// After a button brought a row, the focus goes into it; after one took a row away, to the button that brings another.
let pressed = "";
document.addEventListener("htmx:configRequest", (event) => {
  const { triggeringEvent } = event.detail;
  if (!event.target.matches?.(".panel-form")) return;
  pressed = triggeringEvent?.type === "submit" && triggeringEvent.submitter?.name === "do" ? triggeringEvent.submitter.value : "";
});

document.addEventListener("htmx:afterSwap", (event) => {
  if (!event.target.matches?.("[data-panel]")) return;
  const [verb, name] = pressed.split(/:(.*)/s);
  pressed = "";
  if (!name) return;
  const form = event.target.querySelector(".panel-form");
  const inside = [...form.querySelectorAll("[name]:not([type=hidden], button)")].filter((one) => one.name.startsWith(`${name}.`));
  if (["add", "compare", "group", "all", "any"].includes(verb)) lastRow(inside, name)?.focus();
  if (verb === "remove") form.querySelector(`[data-adds][value="add:${CSS.escape(name.replace(/\.\d+$/, ""))}"]`)?.focus();
});

function lastRow(controls, name) {
  const last = controls.at(-1);
  if (!last) return null;
  const row = last.name.slice(0, last.name.indexOf(".", name.length + 1)) || last.name;
  const start = /\.\d+$/.test(row) ? row : last.name;
  return controls.find((one) => one.name === start || one.name.startsWith(`${start}.`)) ?? last;
}

export function begin() {
  const field = new URLSearchParams(location.search).get("field");
  if (field) reveal(field);
}
