// Drawing a line from a port to a step, and leading an end of a line elsewhere; refused while it is drawn, with the reason.
import { send } from "./api.js";
import { elementOf } from "./cards.js";
import { edgeOf, endsOf, mark } from "./edges.js";
import { contains, curve, entryPoint, exitPoint } from "./geometry.js";
import { portsOf, refusalOf, sameEdge } from "./model.js";
import { showLine, showReason } from "./overlay.js";
import { begins } from "./pointer.js";
import { emit, select, store } from "./store.js";
import { toScene, view } from "./viewport.js";

const NEAR = 28;

// The step that a line would reach at a point: the one under it, else one whose entry is near.
function stepAt(point, without) {
  let best = null;
  for (const [id, rect] of store.rects) {
    const step = store.model.steps.get(id);
    if (!step || id === without) continue;
    const entry = entryPoint(step, rect);
    const distance = Math.hypot(entry.x - point.x, entry.y - point.y);
    const isOn = step.isFrame ? contains({ ...rect, height: 52 }, point) : contains(rect, point);
    const rank = isOn ? 0 : distance;
    if ((isOn || distance < NEAR / view.k) && (!best || rank < best.rank)) best = { id, rank };
  }
  return best?.id ?? null;
}

class Aiming {
  cursor = "crosshair";

  show(target, refusal, event) {
    if (target !== this.target) elementOf(this.target)?.classList.remove("is-aim", "is-refused");
    this.target = target;
    this.refusal = refusal;
    if (target) {
      elementOf(target)?.classList.toggle("is-aim", !refusal);
      elementOf(target)?.classList.toggle("is-refused", Boolean(refusal));
    }
    showReason(target ? refusal : "", event);
  }

  clean() {
    elementOf(this.target)?.classList.remove("is-aim", "is-refused");
    showLine("");
    showReason("");
    document.getElementById("scene").classList.remove("is-connecting");
  }

  cancel() {
    this.clean();
  }
}

class Connecting extends Aiming {
  constructor(source, port) {
    super();
    Object.assign(this, { source, port });
  }

  start() {
    document.getElementById("scene").classList.add("is-connecting");
  }

  tap(event) {
    emit("quick", { source: this.source, port: this.port, event });
  }

  move(event) {
    const point = toScene(event.clientX, event.clientY);
    const target = stepAt(point, this.source);
    const refusal = target ? refusalOf(store.model, this.source, this.port, target) : "";
    this.show(target, refusal, event);
    const from = exitPoint(store.model.steps.get(this.source), store.rects.get(this.source), this.port);
    const end = target ? entryPoint(store.model.steps.get(target), store.rects.get(target)) : point;
    showLine(curve(from, end), refusal ? "is-refused" : target ? "is-fine" : "");
  }

  end(event) {
    const { source, port, target, refusal } = this;
    this.clean();
    if (!target) emit("quick", { source, port, event, at: toScene(event.clientX, event.clientY) });
    else if (refusal) emit("refused", refusal);
    else send([{ op: "connect", source, port, target }]);
  }
}

class Leading extends Aiming {
  constructor(edge, end) {
    super();
    Object.assign(this, { edge, end_: end });
  }

  start() {
    mark(this.edge, "is-leaving", true);
  }

  move(event) {
    const point = toScene(event.clientX, event.clientY);
    const ends = endsOf(this.edge);
    const target = stepAt(point, null);
    this.fresh = target ? this.led(target, point) : null;
    const refusal = target && !sameEdge(this.fresh, this.edge) ? this.why() : "";
    this.show(target, refusal, event);
    const [from, to] = this.end_ === "source" ? [point, ends.to] : [ends.from, point];
    showLine(curve(from, to), refusal ? "is-refused" : target ? "is-fine" : "");
  }

  led(target, point) {
    if (this.end_ === "target") return { ...this.edge, target };
    const step = store.model.steps.get(target);
    const rect = store.rects.get(target);
    const away = (port) => Math.abs(exitPoint(step, rect, port).y - point.y);
    const port = [...portsOf(step)].sort((a, b) => away(a) - away(b))[0];
    return { ...this.edge, source: target, port };
  }

  why() {
    return refusalOf(store.model, this.fresh.source, this.fresh.port, this.fresh.target, this.edge);
  }

  end() {
    const { edge, fresh, refusal } = this;
    this.clean();
    const { source, port, target } = edge;
    if (!fresh) send([{ op: "disconnect", source, port, target }]);
    else if (refusal) emit("refused", refusal);
    else if (!sameEdge(fresh, edge)) {
      send([{ op: "reconnect", edge: { source, port, target }, source: fresh.source, port: fresh.port, target: fresh.target }]);
    }
  }

  clean() {
    mark(this.edge, "is-leaving", false);
    super.clean();
  }
}

begins((event) => {
  const dot = event.target.closest(".ed-out");
  if (!dot || !store.mayBuild) return null;
  return new Connecting(dot.closest("[data-node]").dataset.node, dot.dataset.out);
});

begins((event) => {
  const edge = event.target.closest?.("[data-edge]") ? edgeOf(event.target) : null;
  if (!edge) return null;
  const { source, port, target } = edge;
  if (event.target.closest("[data-edge-remove]")) return { tap: () => send([{ op: "disconnect", source, port, target }]) };
  if (event.target.closest("[data-edge-add]")) return { tap: () => emit("quick", { edge, event }) };
  const end = event.target.closest("[data-handle]")?.dataset.handle;
  select([], { edge });
  return end && store.mayBuild ? new Leading(edge, end) : {};
});
