// A draft as the canvas knows it, and what a change does to it until the server has answered. Pure.
// A step is {id, kind, title, parent, x, y, rows: [[port, label]], port, isFrame}; an edge {source, port, target}.
import { childrenOf } from "./geometry.js";

export function newModel() {
  return { steps: new Map(), edges: [], notes: [] };
}

export function copyOf(model) {
  const steps = new Map([...model.steps].map(([id, step]) => [id, { ...step }]));
  return { steps, edges: [...model.edges], notes: [...model.notes] };
}

export function sameEdge(a, b) {
  return a.source === b.source && a.port === b.port && a.target === b.target;
}

export function keyOf(edge) {
  return `${edge.source} ${edge.port} ${edge.target}`;
}

export function portsOf(step) {
  return step.rows.length ? step.rows.map(([name]) => name) : [step.port];
}

export function inside(model, id) {
  const children = childrenOf(model.steps);
  const found = new Set();
  const waiting = [id];
  while (waiting.length) {
    for (const child of children.get(waiting.pop()) ?? []) {
      if (found.has(child.id)) continue;
      found.add(child.id);
      waiting.push(child.id);
    }
  }
  return found;
}

// Without those that lie in another one of them.
export function outermost(model, ids) {
  const covered = new Set([...ids].flatMap((id) => [...inside(model, id)]));
  return [...ids].filter((id) => model.steps.has(id) && !covered.has(id));
}

// A shortest way along the edges, both ends included; empty without one.
export function way(model, start, goal) {
  const cameFrom = new Map([[start, null]]);
  const waiting = [start];
  for (const one of waiting) {
    for (const edge of model.edges) {
      if (edge.source !== one || cameFrom.has(edge.target)) continue;
      cameFrom.set(edge.target, one);
      waiting.push(edge.target);
    }
  }
  const found = [];
  for (let at = cameFrom.has(goal) ? goal : null; at !== null; at = cameFrom.get(at)) found.unshift(at);
  return found;
}

// Why two steps cannot be connected; "" when they can. The sentences are those of workflows/editing.py.
export function refusalOf(model, source, port, target, without = null) {
  const [from, to] = [model.steps.get(source), model.steps.get(target)];
  if (!from || !to) return "There is no such step.";
  if (from.parent !== to.parent) return "An edge joins steps of the same container.";
  const edges = without ? model.edges.filter((one) => !sameEdge(one, without)) : model.edges;
  if (edges.some((one) => sameEdge(one, { source, port, target }))) return "These steps are connected already.";
  const back = way({ ...model, edges }, target, source);
  if (!back.length) return "";
  return `This edge would make a circle: ${[source, ...back].join(" → ")}. To repeat work, use a loop.`;
}

export function freeId(taken, wish) {
  const word = wish.replace(/[^A-Za-z0-9_]+/g, "_").replace(/^_+|_+$/g, "").toLowerCase().slice(0, 58) || "step";
  const base = /^[a-z]/.test(word) ? word : `step_${word}`.slice(0, 58);
  let [found, number] = [base, 2];
  while (taken.has(found)) found = `${base}_${number++}`;
  return found;
}

const APPLIED = {
  place: (model, { positions }) => placeAll(model, positions),
  move(model, { ids, parent, positions }) {
    for (const id of ids) if (model.steps.has(id)) model.steps.get(id).parent = parent;
    model.edges = model.edges.filter((one) => parentOf(model, one.source) === parentOf(model, one.target));
    placeAll(model, positions ?? {});
  },
  connect(model, { source, port, target }) {
    const edge = { source, port: port ?? usualPort(model, source), target };
    if (!model.edges.some((one) => sameEdge(one, edge))) model.edges.push(edge);
  },
  disconnect(model, { source, port, target }) {
    const goes = (one) => one.source === source && one.target === target && (!port || one.port === port);
    model.edges = model.edges.filter((one) => !goes(one));
  },
  reconnect(model, { edge, ...ends }) {
    model.edges = model.edges.map((one) => (sameEdge(one, edge) ? { ...edge, ...ends, op: undefined } : one));
  },
  remove_steps(model, { ids }) {
    for (const id of ids) remove(model, id);
  },
  update_step(model, { id, changes }) {
    if (changes.name !== undefined && model.steps.has(id)) model.steps.get(id).title = changes.name || titleOf(id);
  },
  set_notes(model, { value }) {
    model.notes = value;
  },
  add_step: (model, change) => add(model, change, change.after),
  insert_step(model, change) {
    APPLIED.disconnect(model, change.edge);
    add(model, change, [change.edge.source, change.edge.port]);
    const source = change.step.id;
    APPLIED.connect(model, { source, port: usualPort(model, source), target: change.edge.target });
  },
};

// What a change does, as far as that can be foreseen; the server's answer is what counts.
export function applyChange(model, change) {
  APPLIED[change.op]?.(model, change);
}

export function titleOf(id) {
  const words = id.replaceAll("_", " ");
  return words[0].toUpperCase() + words.slice(1).toLowerCase();
}

function parentOf(model, id) {
  return model.steps.get(id)?.parent ?? null;
}

function usualPort(model, id) {
  return model.steps.get(id)?.port ?? "done";
}

function placeAll(model, positions) {
  for (const [id, [x, y]] of Object.entries(positions)) {
    if (model.steps.has(id)) Object.assign(model.steps.get(id), { x, y });
  }
}

function add(model, { step, look }, after) {
  const { x = 0, y = 0 } = step.position ?? {};
  const isFrame = ["parallel", "sequential", "loop"].includes(step.type);
  const shown = { title: step.name || titleOf(step.id), subtitle: "", rows: [], port: "done", ...look };
  const parent = step.parent ?? (after ? parentOf(model, after[0]) : null);
  model.steps.set(step.id, { ...shown, id: step.id, kind: step.type, parent, x, y, isFrame, isNew: true });
  if (after) APPLIED.connect(model, { source: after[0], port: after[1], target: step.id });
}

function remove(model, id) {
  const step = model.steps.get(id);
  if (!step) return;
  const onward = step.kind === "condition" ? portsOf(step) : [step.port];
  const before = model.edges.filter((one) => one.target === id);
  const after = model.edges.filter((one) => one.source === id && onward.includes(one.port));
  const gone = inside(model, id).add(id);
  model.edges = model.edges.filter((one) => !gone.has(one.source) && !gone.has(one.target));
  for (const { source, port } of before) {
    for (const { target } of after) APPLIED.connect(model, { source, port, target });
  }
  for (const one of gone) model.steps.delete(one);
}
