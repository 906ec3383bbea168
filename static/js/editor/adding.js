// Putting new steps on the canvas: at a place, after a port, into a line or a container; and the steps of a template.
import { addresses, fetchJson, send } from "./api.js";
import { bounds, cardHeight, entryPoint, exitPoint, GRID, snapped } from "./geometry.js";
import { freeId, portsOf } from "./model.js";
import { containerAt, freePlace, movesTo, within } from "./places.js";
import { emit, only, select, store, takenIds } from "./store.js";
import { middle, reveal } from "./viewport.js";

const BESIDE = 308;
const ROOM = 300;

function stepFrom(item, parent, point, source = null) {
  const id = freeId(takenIds(), item.wish);
  const name = item.step.name ? freeName(item.step.name) : undefined;
  const step = { ...item.step, ...(name ? { name } : {}), id, position: within(parent, point) };
  if (parent) step.parent = parent;
  if (source && step.type === "agent") step.config = { ...step.config, prompt: `\${steps.${source}.output}` };
  const look = { rows: item.rows, port: item.port, subtitle: item.subtitle, item: item.key };
  return { step, look };
}

function freeName(name) {
  const taken = new Set([...store.model.steps.values()].map((step) => step.title));
  let [found, number] = [name, 2];
  while (taken.has(found)) found = `${name} ${number++}`;
  return found;
}

function done(id) {
  select([id]);
  document.getElementById("canvas").focus({ preventScroll: true });
  requestAnimationFrame(() => store.rects.has(id) && reveal(store.rects.get(id)));
}

// At a place of the canvas; into the line, when there is one under it.
export function addAt(item, point, { edge = null, isExact = false } = {}) {
  if (!item || !store.mayBuild) return;
  if (edge) return insert(item, edge);
  const parent = containerAt({ x: point.x + 116, y: point.y + 30 });
  const place = isExact ? point : freePlace(point, 232, cardHeight(item.rows.length));
  const made = stepFrom(item, parent, { x: snapped(place.x, GRID / 2), y: snapped(place.y, GRID / 2) });
  send([{ op: "add_step", ...made }, ...grown(made.step)]);
  done(made.step.id);
}

// A container that gets a step further out than its others grows on that side.
function grown(step) {
  if (!step.parent) return [];
  const level = [...store.model.steps.values()].filter((one) => one.parent === step.parent);
  if (!level.length) return [];
  const frame = store.model.steps.get(step.parent);
  const dx = Math.min(0, step.position.x - Math.min(...level.map((one) => one.x)));
  const dy = Math.min(0, step.position.y - Math.min(...level.map((one) => one.y)));
  return dx || dy ? movesTo(new Map([[frame.id, { x: frame.x + dx, y: frame.y + dy }]])) : [];
}

// Beside the chosen step and connected to it, else in the middle of what is seen.
export function addItem(item, { source = only(), port = null, at = null } = {}) {
  if (!item || !store.mayBuild) return;
  if (store.edge) return insert(item, store.edge);
  const from = store.model.steps.get(source);
  if (!from) {
    const here = at ?? middle();
    return addAt(item, at ? here : { x: here.x - 116, y: here.y - 30 });
  }
  const out = port ?? portsOf(from).find((name) => !store.model.edges.some((one) => one.source === source && one.port === name)) ?? from.port;
  const rect = store.rects.get(source);
  const wanted = at ? { x: at.x, y: at.y - 30 } : { x: rect.x + rect.width + BESIDE - 232, y: exitPoint(from, rect, out).y - 30 };
  const place = freePlace({ x: snapped(wanted.x, GRID / 2), y: snapped(wanted.y, GRID / 2) }, 232, cardHeight(item.rows.length));
  const made = stepFrom(item, from.parent, place, source);
  send([{ op: "add_step", ...made, after: [source, out] }, ...grown(made.step)]);
  done(made.step.id);
}

// In the middle of a line; what lies behind makes room.
export function insert(item, edge) {
  const { source, port, target } = edge;
  const [from, to] = [store.model.steps.get(source), store.model.steps.get(target)];
  const start = exitPoint(from, store.rects.get(source), port);
  const end = entryPoint(to, store.rects.get(target));
  const short = Math.max(0, 2 * (BESIDE - 232) + 232 - (end.x - start.x));
  const point = { x: start.x + (short ? BESIDE - 232 : (end.x - start.x - 232) / 2), y: (start.y + end.y) / 2 - 30 };
  const made = stepFrom(item, from.parent, { x: Math.round(point.x), y: Math.round(point.y) }, source);
  delete made.step.parent;
  const changes = [{ op: "insert_step", ...made, edge: { source, port, target } }];
  if (short) changes.push(...roomBehind(target, from.parent, Math.min(short, ROOM + 20)));
  send(changes);
  done(made.step.id);
}

function roomBehind(target, parent, shift) {
  const left = store.model.steps.get(target).x;
  const behind = new Set([target]);
  for (const id of behind) for (const edge of store.model.edges) if (edge.source === id) behind.add(edge.target);
  const moves = new Map();
  for (const id of behind) {
    const step = store.model.steps.get(id);
    if (step && step.parent === parent && step.x >= left) moves.set(id, { x: step.x + shift, y: step.y });
  }
  return movesTo(moves);
}

export async function pasteTemplate(slug, at = null) {
  try {
    const fragment = await fetchJson(addresses.template.replace("/x/", `/${slug}/`));
    paste(fragment, at);
  } catch (error) {
    emit("refused", error.message);
  }
}

// A fragment at a place, else in the middle of what is seen.
export function paste(fragment, at = null) {
  const parent = at ? containerAt(at) : null;
  const here = at ?? freePlace(below());
  const point = within(parent, here);
  send([{ op: "paste", fragment, parent, at: [snapped(point.x, GRID / 2), snapped(point.y, GRID / 2)] }]);
  emit("pasted", fragment.steps.length);
}

function below() {
  const all = bounds(store.rects.values());
  const here = middle();
  return all ? { x: here.x - 116, y: here.y - 30 } : { x: 0, y: 0 };
}
