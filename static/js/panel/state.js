// Says how saving stands, in the head of the panel, and tells the canvas what was saved without it.
export function stateOf(form, state, words) {
  const said = form.closest("[data-panel]")?.querySelector("[data-panel-state]");
  if (!said) return;
  said.dataset.state = state;
  said.textContent = words;
}

export function announce(header) {
  if (!header?.startsWith("{")) return;
  const detail = JSON.parse(header)["draft-changed"];
  if (detail) document.dispatchEvent(new CustomEvent("draft-changed", { detail }));
}
