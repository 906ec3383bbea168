// Others at the same draft: what they do is fetched when the server says so, and who they are is shown.
import { addresses, catchUp, fetchJson } from "./api.js";
import { emit, on, store } from "./store.js";

const EVERY_MS = 15_000;
const people = document.getElementById("people");
let workflow = null;

function heard({ detail }) {
  if (detail.type !== "poke" || detail.id !== workflow.id) return;
  if (detail.about === "people") beHere();
  else if (detail.about === "workflows" && detail.revision > store.standing.revision) catchUp(detail.revision);
}

function changedByPanel(event) {
  const revision = Number(event.detail?.revision ?? event.detail?.value?.revision ?? Infinity);
  catchUp(revision);
}

async function beHere() {
  if (document.hidden) return;
  try {
    const body = JSON.stringify({ step: [...store.selection][0] ?? "" });
    show((await fetchJson(addresses.presence, { method: "POST", body })).people);
  } catch {
    show([]);
  }
}

function show(found) {
  people.replaceChildren(
    ...found.map(({ name, initials, step }) => {
      const face = Object.assign(document.createElement("span"), { className: "person ed-person", textContent: initials });
      face.title = step ? `${name} is here, at ${store.model.steps.get(step)?.title ?? step}` : `${name} is here too`;
      face.setAttribute("role", "img");
      face.setAttribute("aria-label", face.title);
      return face;
    }),
  );
  const at = new Map(found.filter((one) => one.step).map((one) => [one.step, one.initials]));
  for (const element of document.querySelectorAll("#scene [data-node]")) {
    const who = at.get(element.dataset.node);
    if (who) element.dataset.person = who;
    else delete element.dataset.person;
  }
}

export function watch(about) {
  workflow = about;
  document.addEventListener("live:message", heard);
  document.addEventListener("live:catch-up", () => catchUp());
  document.addEventListener("draft-changed", changedByPanel);
  document.addEventListener("visibilitychange", () => document.hidden || beHere());
  let soon = 0;
  on("selected", () => {
    clearTimeout(soon);
    soon = setTimeout(beHere, 800);
  });
  beHere();
  setInterval(beHere, EVERY_MS);
  emit("watching");
}
