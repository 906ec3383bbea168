// From where something is on the canvas to positions in its container, and where a point would put it.
import { bounds, contains, distanceToCurve, origin, steady } from "./geometry.js";
import { inside } from "./model.js";
import { endsOf } from "./edges.js";
import { store } from "./store.js";

// The innermost container under a point, other than those that are being moved; null for the top.
export function containerAt(point, moving = new Set(), rects = store.rects) {
  let best = null;
  for (const step of store.model.steps.values()) {
    if (!step.isFrame || moving.has(step.id)) continue;
    const rect = rects.get(step.id);
    if (!rect || !contains(rect, point)) continue;
    if (!best || rect.width * rect.height < best.area) best = { id: step.id, area: rect.width * rect.height };
  }
  return best?.id ?? null;
}

export function withInner(ids) {
  return new Set([...ids].flatMap((id) => [id, ...inside(store.model, id)]));
}

// The line under a point that a step could be put into; those at moving steps do not count.
export function edgeAt(point, parent, moving = new Set()) {
  let best = null;
  for (const edge of store.model.edges) {
    if (moving.has(edge.source) || moving.has(edge.target)) continue;
    if (store.model.steps.get(edge.source)?.parent !== parent) continue;
    const ends = endsOf(edge);
    const distance = ends ? distanceToCurve(point, ends.from, ends.to) : Infinity;
    if (distance < 26 && (!best || distance < best.distance)) best = { edge, distance };
  }
  return best?.edge ?? null;
}

// The changes that bring steps to other places: {id: {x, y, parent?}}, relative to their container. All that lies in the
// containers touched stays where it is seen.
export function movesTo(wanted) {
  const { steps } = store.model;
  const after = new Map([...steps].map(([id, step]) => [id, { ...step, ...wanted.get(id) }]));
  const all = new Map([...wanted, ...steady(steps, after)]);
  const changes = [];
  for (const [parent, group] of rehomed(wanted)) changes.push({ op: "move", ids: group, parent, positions: {} });
  const positions = {};
  for (const [id, { x, y }] of all) positions[id] = [Math.round(x), Math.round(y)];
  if (Object.keys(positions).length) changes.push({ op: "place", positions });
  return changes;
}

function rehomed(wanted) {
  const groups = new Map();
  for (const [id, { parent }] of wanted) {
    if (parent === undefined || parent === store.model.steps.get(id).parent) continue;
    groups.set(parent, [...(groups.get(parent) ?? []), id]);
  }
  return groups;
}

// A place on the canvas as a position in a container.
export function within(parent, point, rects = store.rects) {
  const zero = origin(parent, store.model.steps, rects);
  return { x: Math.round(point.x - zero.x), y: Math.round(point.y - zero.y) };
}

export function rectsOf(ids) {
  return new Map([...ids].filter((id) => store.rects.has(id)).map((id) => [id, store.rects.get(id)]));
}

export function everything() {
  const notes = store.model.notes.map(({ position, size }) => ({ ...position, ...size }));
  return bounds([...store.rects.values(), ...notes]);
}

// A free place for a new step near a point: below what lies there already.
export function freePlace(point, width = 232, height = 60) {
  const taken = [...store.rects.entries()].filter(([id]) => !store.model.steps.get(id)?.isFrame);
  let y = point.y;
  const hits = () =>
    taken.some(([, r]) => point.x < r.x + r.width + 20 && r.x < point.x + width + 20 && y < r.y + r.height + 20 && r.y < y + height + 20);
  for (let tries = 0; hits() && tries < 60; tries += 1) y += 20;
  return { x: point.x, y };
}
