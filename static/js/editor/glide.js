// Steps that the server put elsewhere glide there: after tidying up, undoing, or a move by somebody else.
import { isBusy } from "./pointer.js";
import { on, preview, store } from "./store.js";

const LENGTH_MS = 260;
let frame = 0;

function glide(before) {
  const moved = [...before].filter(([id, from]) => {
    const step = store.model.steps.get(id);
    return step && (Math.abs(step.x - from.x) > 1 || Math.abs(step.y - from.y) > 1);
  });
  if (!moved.length || isBusy() || matchMedia("(prefers-reduced-motion: reduce)").matches) return;
  cancelAnimationFrame(frame);
  const start = performance.now();
  const step = (now) => {
    const t = Math.min(1, Math.max(0, (now - start) / LENGTH_MS));
    if (t >= 1 || isBusy()) return isBusy() || preview(null);
    preview(between(moved, 1 - (1 - t) ** 3));
    frame = requestAnimationFrame(step);
  };
  step(start);
}

function between(moved, t) {
  const places = new Map();
  for (const [id, from] of moved) {
    const to = store.model.steps.get(id);
    if (to) places.set(id, { x: from.x + (to.x - from.x) * t, y: from.y + (to.y - from.y) * t });
  }
  return places;
}

on("arrived", glide);
