// When the draft moves on (undo, the canvas, somebody else), an open panel shows it, unless something in it is not saved.
// The revision stands at the panel, and so does the class of a request: a form with other attributes is another form to
// htmx, which would forget what it is sending and what waits.
const SOON_MS = 60;
const BUSY = "[data-typed], [name=held], [aria-invalid=true], .panel-wait";

function isAtRest(panel) {
  return !panel.querySelector(BUSY) && panel.querySelector("[data-panel-state]")?.dataset.state !== "saving";
}

function look() {
  const form = document.querySelector(".panel-form");
  const panel = form?.closest("[data-panel]");
  const revision = document.body.dataset.revision;
  if (!panel || panel.dataset.revision === revision || !isAtRest(panel)) return;
  panel.dataset.revision = revision;
  window.htmx.ajax("GET", form.getAttribute("action"), { source: panel, target: panel, swap: "morph:outerHTML" });
}

// What was fetched is old by now when somebody went on typing; the answer to that brings a newer one.
function isOld({ target, detail }) {
  return target.matches?.("[data-panel]") && detail.requestConfig.verb === "get" && !isAtRest(target);
}

export function follow() {
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (isOld(event)) event.detail.shouldSwap = false;
  });
  new MutationObserver(() => setTimeout(look, SOON_MS)).observe(document.body, { attributeFilter: ["data-revision"] });
}
