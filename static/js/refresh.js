// An element with data-topic fetches itself again, through its own hx-get on the event "refresh", when its topic is
// poked; with data-about or data-id only for news about such things, or about that one thing. At most one fetch is
// under way and at most three happen a second.
import htmx from "./htmx.js";
import { join } from "./socket.js";

const GAP_MS = 330;
const state = new WeakMap();

function live() {
  return document.querySelectorAll("[data-topic]");
}

function refresh(element) {
  const now = state.get(element) ?? { busy: false, again: false, last: 0, timer: 0 };
  state.set(element, now);
  if (now.busy) {
    now.again = true;
    return;
  }
  if (now.timer) return;
  const wait = Math.max(60, GAP_MS - (performance.now() - now.last));
  now.timer = setTimeout(() => {
    now.timer = 0;
    now.busy = true;
    now.last = performance.now();
    htmx.trigger(element, "refresh");
  }, wait);
}

function finished(event) {
  const now = state.get(event.target);
  if (!now) return;
  now.busy = false;
  if (now.again) {
    now.again = false;
    refresh(event.target);
  }
}

function isMeant(element, message) {
  if (element.dataset.topic !== message.topic) return false;
  const { about, id } = element.dataset;
  if (id && message.id && message.id !== id) return false;
  return !about || !message.about || about.split(" ").includes(message.about);
}

function isNews(element, message) {
  const ahead = Number(element.dataset.seq ?? 0) < message.seq;
  if (message.type === "joined") return ahead;
  return message.type === "poke" ? !message.seq || ahead : message.type !== "refused";
}

document.addEventListener("live:message", ({ detail }) => {
  if (detail.type === "delta") return;
  for (const element of live()) if (isMeant(element, detail) && isNews(element, detail)) refresh(element);
});

document.addEventListener("live:catch-up", () => {
  for (const element of live()) refresh(element);
});

document.body.addEventListener("htmx:afterRequest", finished);
document.body.addEventListener("htmx:load", () => {
  for (const element of live()) join(element.dataset.topic);
});

setInterval(() => {
  for (const element of document.querySelectorAll("[data-every]")) {
    const last = state.get(element)?.last ?? 0;
    if (!document.hidden && performance.now() - last > Number(element.dataset.every) * 1000) refresh(element);
  }
}, 1000);

for (const element of live()) join(element.dataset.topic);
