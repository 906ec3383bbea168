// When the draft moves on (undo, the canvas, somebody else), an open panel shows it, unless something in it is not saved.
// The revision stands at the panel, and so does the class of a request: a form with other attributes is another form to
// htmx, which would forget what it is sending and what waits.
const SOON_MS = 60;

function isAtRest(form) {
  return !form.querySelector("[data-typed], [name=held], [aria-invalid=true], .panel-wait");
}

function look() {
  const form = document.querySelector(".panel-form");
  const panel = form?.closest("[data-panel]");
  const revision = document.body.dataset.revision;
  if (!panel || panel.dataset.revision === revision || !isAtRest(form)) return;
  panel.dataset.revision = revision;
  window.htmx.ajax("GET", form.getAttribute("action"), { target: panel, swap: "morph:outerHTML" });
}

export function follow() {
  new MutationObserver(() => setTimeout(look, SOON_MS)).observe(document.body, { attributeFilter: ["data-revision"] });
}
