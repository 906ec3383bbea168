// Moving the chosen steps: with guides, into and out of containers, and onto a line, into which a lone step is put.
import { send } from "./api.js";
import { elementOf } from "./cards.js";
import { mark } from "./edges.js";
import { bounds, GRID, snapped, steady } from "./geometry.js";
import { outermost, refusalOf } from "./model.js";
import { showGuides } from "./overlay.js";
import { containerAt, edgeAt, movesTo, rectsOf, within, withInner } from "./places.js";
import { begins } from "./pointer.js";
import { guide } from "./snapping.js";
import { emit, preview, select, store } from "./store.js";
import { toScene, view } from "./viewport.js";

const MANY = 80;

function pick(event, id) {
  const isAdding = event.shiftKey || event.ctrlKey || event.metaKey;
  if (!isAdding) return store.selection.has(id) || select([id]);
  const chosen = new Set(store.selection);
  if (!chosen.delete(id)) chosen.add(id);
  select(chosen);
}

class Dragging {
  cursor = "grabbing";

  constructor(id) {
    this.id = id;
  }

  tap(event) {
    if (!event.shiftKey && !event.ctrlKey && !event.metaKey) {
      select([this.id]);
      emit("opened", { id: this.id, isPressed: true });
    }
  }

  start(first) {
    const { steps } = store.model;
    const chosen = store.selection.has(this.id) ? store.selection : new Set([this.id]);
    this.from = toScene(first.clientX, first.clientY);
    this.ids = outermost(store.model, chosen);
    this.moving = withInner(this.ids);
    this.frozen = new Map(store.rects);
    this.box = bounds(rectsOf(this.ids).values());
    this.others = [...rectsOf([...steps.keys()].filter((id) => !this.moving.has(id))).values()];
    this.home = steps.get(this.ids[0]).parent;
    this.shift = { x: 0, y: 0 };
    this.wanted = new Map();
    for (const id of this.moving) elementOf(id)?.classList.add("is-dragging");
  }

  move(event) {
    const at = toScene(event.clientX, event.clientY);
    const wanted = { ...this.box, x: this.box.x + at.x - this.from.x, y: this.box.y + at.y - this.from.y };
    const found = event.altKey || this.others.length > MANY * 8 ? null : guide(wanted, this.others, 6 / view.k);
    const place = this.snap(wanted, found, event.altKey);
    this.shift = { x: place.x - this.box.x, y: place.y - this.box.y };
    showGuides(found?.guides ?? []);
    this.target(at, event);
    this.show();
  }

  snap(wanted, found, isFree) {
    if (isFree) return wanted;
    const x = found?.hasX ? wanted.x + found.dx : snapped(wanted.x, GRID / 2);
    const y = found?.hasY ? wanted.y + found.dy : snapped(wanted.y, GRID / 2);
    return { x, y };
  }

  // Where a release would put them. Out of their container they go only when the pointer leaves it.
  target(at, event) {
    const parent = containerAt(at, this.moving, this.frozen);
    if (parent !== this.parent) {
      elementOf(this.parent)?.classList.remove("is-target");
      this.parent = parent;
      if (parent && parent !== this.home) elementOf(parent)?.classList.add("is-target");
    }
    const isLone = this.ids.length === 1 && !store.model.edges.some((one) => one.source === this.id || one.target === this.id);
    const middle = { x: this.box.x + this.shift.x + this.box.width / 2, y: this.box.y + this.shift.y + this.box.height / 2 };
    const edge = isLone && !event.altKey ? edgeAt(middle, parent, this.moving) : null;
    if (edge !== this.edge) mark(this.edge, "is-target", false);
    mark(edge, "is-target", true);
    this.edge = edge;
  }

  // Only a drop in another container takes steps out of theirs.
  parentOf(id) {
    return this.parent === this.home ? store.model.steps.get(id)?.parent : this.parent;
  }

  show() {
    const { steps } = store.model;
    const changes = new Map();
    for (const id of this.ids) {
      const [step, rect] = [steps.get(id), this.frozen.get(id)];
      if (!step) continue;
      const parent = this.parentOf(id);
      const place = within(parent, { x: rect.x + this.shift.x, y: rect.y + this.shift.y }, this.frozen);
      changes.set(id, { ...place, parent });
    }
    this.wanted = changes;
    const after = new Map([...steps].map(([id, one]) => [id, { ...one, ...changes.get(id) }]));
    preview(new Map([...changes, ...steady(steps, after)]));
  }

  end() {
    const changes = movesTo(this.wanted);
    this.clean();
    if (this.edge) changes.push(...this.inserting());
    send(changes, this.edge ? `Insert “${store.model.steps.get(this.id)?.title}”` : "");
  }

  inserting() {
    const { source, port, target } = this.edge;
    const step = store.model.steps.get(this.id);
    const refusal = this.parent === this.home ? refusalOf(store.model, source, port, this.id) : "";
    if (refusal) return [];
    return [
      { op: "disconnect", source, port, target },
      { op: "connect", source, port, target: this.id },
      { op: "connect", source: this.id, port: step.port, target },
    ];
  }

  cancel() {
    this.clean();
  }

  clean() {
    for (const id of this.moving) elementOf(id)?.classList.remove("is-dragging");
    elementOf(this.parent)?.classList.remove("is-target");
    mark(this.edge, "is-target", false);
    showGuides([]);
    preview(null);
  }
}

begins((event) => {
  const id = event.target.closest("[data-node]")?.dataset.node;
  if (!id || event.target.closest(".ed-out")) return null;
  pick(event, id);
  return store.mayBuild ? new Dragging(id) : { tap: () => emit("opened", { id }) };
});
