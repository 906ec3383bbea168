import { clock } from "./times.js";

function tick() {
  if (document.hidden) return;
  for (const element of document.querySelectorAll("[data-since]")) {
    element.textContent = clock((Date.now() - Date.parse(element.dataset.since)) / 1000);
  }
}

setInterval(tick, 500);
