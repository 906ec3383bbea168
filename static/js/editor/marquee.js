// Choosing with a rectangle on the empty canvas; a finger moves the canvas instead. A double click adds a step there.
import { contains, overlaps } from "./geometry.js";
import { begins, panning } from "./pointer.js";
import { emit, select, store } from "./store.js";
import { toScene } from "./viewport.js";

const canvas = document.getElementById("canvas");
const box = document.getElementById("marquee");

class Marquee {
  start(first) {
    this.first = first;
    this.kept = first.shiftKey ? new Set(store.selection) : new Set();
    box.hidden = false;
  }

  move(event) {
    const { left, top } = canvas.getBoundingClientRect();
    const [x, y] = [Math.min(this.first.clientX, event.clientX), Math.min(this.first.clientY, event.clientY)];
    const [width, height] = [Math.abs(this.first.clientX - event.clientX), Math.abs(this.first.clientY - event.clientY)];
    box.style.transform = `translate(${x - left}px, ${y - top}px)`;
    box.style.width = `${width}px`;
    box.style.height = `${height}px`;
    this.choose(toScene(x, y), toScene(x + width, y + height));
  }

  // A container is chosen only when it lies within as a whole.
  choose(from, to) {
    const area = { x: from.x, y: from.y, width: to.x - from.x, height: to.y - from.y };
    const hits = [...store.rects].filter(([id, rect]) => {
      if (!store.model.steps.get(id)?.isFrame) return overlaps(area, rect);
      return contains(area, rect) && contains(area, { x: rect.x + rect.width, y: rect.y + rect.height });
    });
    const chosen = new Set([...this.kept, ...hits.map(([id]) => id)]);
    if (chosen.size !== store.selection.size || [...chosen].some((id) => !store.selection.has(id))) select(chosen, { quiet: true });
  }

  end() {
    box.hidden = true;
    emit("selected", {});
  }

  cancel() {
    box.hidden = true;
  }

  tap(event) {
    if (!event.shiftKey) select([]);
  }
}

class Finger {
  constructor() {
    Object.assign(this, panning());
  }

  tap() {
    select([]);
  }
}

begins((event) => (event.pointerType === "touch" ? new Finger() : new Marquee()));

canvas.addEventListener("dblclick", (event) => {
  if (event.target.closest("[data-node], [data-edge], [data-note], button, input, textarea")) return;
  if (store.mayBuild) emit("quick", { event, at: toScene(event.clientX, event.clientY) });
});
