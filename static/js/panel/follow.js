// When the draft moves on (undo, the canvas, somebody else), an open panel shows it, unless something in it is not saved.
const SOON_MS = 60;

function isAtRest(form) {
  return !form.querySelector("[data-typed], [name=held], [aria-invalid=true], .panel-wait");
}

function look() {
  const form = document.querySelector(".panel-form");
  const revision = document.body.dataset.revision;
  if (!form || form.dataset.revision === revision || !isAtRest(form)) return;
  form.dataset.revision = revision;
  window.htmx.ajax("GET", form.getAttribute("action"), { target: form.closest("[data-panel]"), swap: "morph:outerHTML" });
}

export function follow() {
  new MutationObserver(() => setTimeout(look, SOON_MS)).observe(document.body, { attributeFilter: ["data-revision"] });
}
