// Saves the form of the panel as somebody goes. What is typed while an answer is on its way stays (data-typed), what was
// not sent when the panel goes away is sent after it, and without a connection it is tried again until it arrives.
import { announce, stateOf } from "./state.js";

const FORM = ".panel-form";
const AGAIN_MS = 3000;
const inFlight = new WeakMap();
const sent = new WeakMap();

document.addEventListener("input", (event) => {
  const form = event.target.closest?.(FORM);
  if (form && event.target.name) event.target.dataset.typed = "";
});

// htmx adds the button that has the focus to every request; only the one that was pressed is meant.
document.addEventListener("htmx:configRequest", (event) => {
  const form = event.target;
  if (!form.matches?.(FORM)) return;
  const { formData, triggeringEvent } = event.detail;
  const pressed = triggeringEvent?.type === "submit" ? triggeringEvent.submitter : null;
  for (const button of form.querySelectorAll("button[name]")) formData.delete(button.name);
  for (const hidden of form.querySelectorAll("input[type=hidden][data-picked]")) formData.set(hidden.name, hidden.value);
  if (pressed?.name) formData.set(pressed.name, pressed.value);
  for (const control of form.querySelectorAll("[data-typed]")) delete control.dataset.typed;
  sent.set(form, Object.fromEntries(formData));
  stateOf(form, "saving", "Saving…");
});

document.addEventListener("htmx:beforeSend", (event) => {
  const form = event.target;
  if (!form.matches?.(FORM)) return;
  const { xhr } = event.detail;
  inFlight.set(form, new Promise((done) => xhr.addEventListener("loadend", done)));
});

document.addEventListener("htmx:sendError", (event) => {
  if (event.target.matches?.(FORM)) keepTrying(event.target);
});

document.addEventListener("htmx:responseError", (event) => {
  const form = event.target.closest?.(FORM) ?? event.detail.elt;
  if (form?.matches?.(FORM)) stateOf(form, "failed", event.detail.xhr.status === 409 ? "Not saved: try again" : "Not saved");
});

function keepTrying(form) {
  stateOf(form, "failed", "Not saved: no connection. Trying again…");
  setTimeout(() => form.isConnected && window.htmx.trigger(form, "panel:save"), AGAIN_MS);
}

// A panel that goes away while something in it was not sent yet.
function bodyOf(form) {
  const data = new FormData(form);
  const base = { ...JSON.parse(data.get("base") || "{}"), ...(sent.get(form) ?? {}) };
  delete base.base;
  data.set("base", JSON.stringify(base));
  return new URLSearchParams(data);
}

async function sendAfter(form, tries = 20) {
  const body = bodyOf(form);
  await inFlight.get(form);
  try {
    const answer = await fetch(form.action, { method: "POST", body, headers: { "HX-Request": "true" }, keepalive: body.toString().length < 60000 });
    announce(answer.headers.get("HX-Trigger"));
  } catch {
    if (tries) setTimeout(() => sendAfter(form, tries - 1), AGAIN_MS);
  }
}

function unsent(root) {
  const form = root.matches?.(FORM) ? root : root.querySelector?.(FORM);
  return form?.querySelector("[data-typed]") ? form : null;
}

export function watch(panel) {
  new MutationObserver((changes) => {
    for (const node of changes.flatMap((change) => [...change.removedNodes])) {
      const form = node instanceof Element && !node.isConnected ? unsent(node) : null;
      if (form) sendAfter(form);
    }
  }).observe(panel, { childList: true });
}

addEventListener("pagehide", () => {
  const form = unsent(document);
  if (form) sendAfter(form, 0);
});
