// What the canvas shows: the server's draft, what was done since on top, what is chosen, and what a gesture previews.
// Other modules listen on `bus`: "changed" (draft), "selected", "standing" (findings, undo…), "drawn", "viewed".
import { rectangles } from "./geometry.js";
import { applyChange, copyOf, keyOf, newModel } from "./model.js";

export const bus = new EventTarget();

export const store = {
  server: newModel(),
  model: newModel(),
  documents: {},
  pending: [],
  selection: new Set(),
  edge: null,
  note: null,
  preview: null,
  rects: new Map(),
  standing: {},
  palette: new Map(),
  isPictured: false,
  mayBuild: false,
};

export function emit(name, detail) {
  bus.dispatchEvent(new CustomEvent(name, { detail }));
}

export function on(names, listener) {
  for (const name of names.split(" ")) bus.addEventListener(name, (event) => listener(event.detail));
}

// The steps as they are seen now: with the places that a gesture gives them.
export function shownSteps() {
  const { preview, model } = store;
  if (!preview) return model.steps;
  const steps = new Map(model.steps);
  for (const [id, change] of preview) if (steps.has(id)) steps.set(id, { ...steps.get(id), ...change });
  return steps;
}

export function measure() {
  store.rects = rectangles(shownSteps());
}

// The draft anew: the server's, with everything that still waits to be sent on top.
export function rebase() {
  store.model = copyOf(store.server);
  for (const entry of store.pending) for (const change of entry.changes ?? []) applyChange(store.model, change);
  for (const id of store.selection) if (!store.model.steps.has(id)) store.selection.delete(id);
  if (store.edge && !store.model.edges.some((one) => keyOf(one) === keyOf(store.edge))) store.edge = null;
  if (store.note && !store.model.notes.some((one) => one.id === store.note)) store.note = null;
  emit("changed");
}

export function applyLocally(entry) {
  store.pending.push(entry);
  for (const change of entry.changes ?? []) applyChange(store.model, change);
  emit("changed");
}

export function select(ids, { edge = null, note = null, quiet = false } = {}) {
  store.selection = new Set([...ids].filter((id) => store.model.steps.has(id)));
  store.edge = edge;
  store.note = note;
  emit("selected", { quiet });
}

export function preview(changes) {
  store.preview = changes;
  emit("moved");
}

export function only() {
  return store.selection.size === 1 ? [...store.selection][0] : null;
}

export function takenIds() {
  return new Set([...store.model.steps.keys(), ...store.server.steps.keys()]);
}
