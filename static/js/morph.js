// Fragments are morphed into the page, so that focus, scroll positions and typed text stay.
// An element with data-keep belongs to the browser until the server sends it with another value, one with data-typed
// until what was typed into it is sent.
import { Idiomorph } from "idiomorph/htmx";

Idiomorph.defaults.ignoreActiveValue = true;

Idiomorph.defaults.callbacks.beforeNodeMorphed = (before, after) => {
  const kept = before instanceof Element && before.hasAttribute("data-keep");
  const typed = before instanceof Element && before.hasAttribute("data-typed");
  return !typed && !(kept && before.dataset.keep === after.dataset?.keep);
};

Idiomorph.defaults.callbacks.beforeAttributeUpdated = (name, element) => {
  const isOpen = name === "open" && (element.tagName === "DETAILS" || element.tagName === "DIALOG");
  return !isOpen;
};
