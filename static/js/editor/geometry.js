// Where cards, ports and lines lie: the same numbers and formulas as workflows/picture.py. Pure; positions in pixels.
export const CARD_WIDTH = 232;
export const HEAD_HEIGHT = 60;
export const ROW_HEIGHT = 26;
export const ROWS_PADDING = 8;
export const INSIDE = 24;
export const FRAME_HEAD = 52;
export const EMPTY_INSIDE = 40;
export const GRID = 20;

export const TITLE_CHARACTERS = 22;
export const SUBTITLE_CHARACTERS = 28;

// A text as far as there is room on a card.
export function cut(text, most = TITLE_CHARACTERS) {
  return text.length <= most ? text : `${text.slice(0, most - 1).trimEnd()}…`;
}

export function cardHeight(rows) {
  return HEAD_HEIGHT + (rows ? rows * ROW_HEIGHT + ROWS_PADDING : 0);
}

// The rectangles of all steps, by id, containers fitted to what lies in them. A step is {id, parent, x, y, rows, isFrame}
// where x and y are relative to the inside of its container.
export function rectangles(steps) {
  const children = childrenOf(steps);
  const sizes = new Map();
  for (const step of steps.values()) sizeOf(step, children, sizes, new Set());
  const found = new Map();
  placeLevel(children.get(null) ?? [], 0, 0, { children, sizes, found });
  return found;
}

export function childrenOf(steps) {
  const children = new Map();
  for (const step of steps.values()) {
    const parent = steps.has(step.parent) ? step.parent : null;
    if (!children.has(parent)) children.set(parent, []);
    children.get(parent).push(step);
  }
  return children;
}

function sizeOf(step, children, sizes, open) {
  if (sizes.has(step.id)) return sizes.get(step.id);
  let size = { width: CARD_WIDTH, height: cardHeight(step.rows.length) };
  if (step.isFrame && !open.has(step.id)) size = frameSize(step, children, sizes, new Set([...open, step.id]));
  sizes.set(step.id, size);
  return size;
}

function frameSize(step, children, sizes, open) {
  const inner = children.get(step.id) ?? [];
  if (!inner.length) return { width: CARD_WIDTH, height: EMPTY_INSIDE + FRAME_HEAD + INSIDE * 1.5 };
  const { left, top } = corner(inner);
  let [right, bottom] = [0, 0];
  for (const one of inner) {
    const size = sizeOf(one, children, sizes, open);
    right = Math.max(right, one.x - left + size.width);
    bottom = Math.max(bottom, one.y - top + size.height);
  }
  return { width: right + 2 * INSIDE, height: bottom + FRAME_HEAD + INSIDE * 1.5 };
}

// The upper left corner of what lies in a container: there its inside begins.
export function corner(steps) {
  return { left: Math.min(...steps.map((one) => one.x)), top: Math.min(...steps.map((one) => one.y)) };
}

function placeLevel(steps, left, top, around) {
  for (const step of steps) {
    if (around.found.has(step.id)) continue;
    const x = left + step.x;
    const y = top + step.y;
    around.found.set(step.id, { x, y, ...around.sizes.get(step.id) });
    const inner = step.isFrame ? around.children.get(step.id) : null;
    if (!inner) continue;
    const first = corner(inner);
    placeLevel(inner, x + INSIDE - first.left, y + FRAME_HEAD + INSIDE / 2 - first.top, around);
  }
}

// Where the inside of a container begins on the canvas, as the origin of its steps' positions.
export function origin(parent, steps, rects) {
  if (!steps.has(parent)) return { x: 0, y: 0 };
  const inner = [...steps.values()].filter((one) => one.parent === parent);
  const first = inner.length ? corner(inner) : { left: 0, top: 0 };
  const rect = rects.get(parent);
  return { x: rect.x + INSIDE - first.left, y: rect.y + FRAME_HEAD + INSIDE / 2 - first.top };
}

// Containers whose first step went elsewhere move with that corner, so that all else stays where it is seen.
// Both are maps of steps; returns {id: {x, y}} of the containers.
export function steady(before, after) {
  const shifts = new Map();
  const [old, fresh] = [childrenOf(before), childrenOf(after)];
  const frames = [...after.values()].filter((one) => one.isFrame).sort((a, b) => depthOf(b, after) - depthOf(a, after));
  for (const frame of frames) {
    const [was, now] = [old.get(frame.id), fresh.get(frame.id)];
    if (!was || !now) continue;
    const seen = corner(now.map((one) => ({ ...one, ...shifts.get(one.id) })));
    const [dx, dy] = [seen.left - corner(was).left, seen.top - corner(was).top];
    if (dx || dy) shifts.set(frame.id, { x: frame.x + dx, y: frame.y + dy });
  }
  return shifts;
}

function depthOf(step, steps) {
  let depth = 0;
  for (let at = steps.get(step.parent); at && depth < 50; at = steps.get(at.parent)) depth += 1;
  return depth;
}

export function entryPoint(step, rect) {
  return { x: rect.x, y: rect.y + (step.isFrame ? FRAME_HEAD : HEAD_HEIGHT) / 2 };
}

export function exitPoint(step, rect, port) {
  const row = step.rows.findIndex(([name]) => name === port);
  if (row < 0) return { x: rect.x + rect.width, y: entryPoint(step, rect).y };
  return { x: rect.x + rect.width, y: rect.y + HEAD_HEIGHT + ROW_HEIGHT * (row + 0.5) };
}

// Between which columns a line bends.
export function bends(from, to) {
  const reach = to.x >= from.x ? Math.max(36, (to.x - from.x) / 2) : 90;
  return [from.x + reach, to.x - reach];
}

export function curve(from, to) {
  const [out, back] = bends(from, to);
  const points = [out, from.y, back, to.y, to.x, to.y].map(plain);
  return `M${plain(from.x)} ${plain(from.y)}C${points.join(" ")}`;
}

// A number as Python's %g writes it, for numbers of a canvas.
function plain(value) {
  return String(Number(value.toPrecision(6)));
}

// A point of the curve, t from 0 to 1.
export function onCurve(from, to, t) {
  const [out, back] = bends(from, to);
  const [u, v] = [1 - t, t];
  const x = u ** 3 * from.x + 3 * u * u * v * out + 3 * u * v * v * back + v ** 3 * to.x;
  const y = (u ** 3 + 3 * u * u * v) * from.y + (3 * u * v * v + v ** 3) * to.y;
  return { x, y };
}

export function distanceToCurve(point, from, to) {
  let least = Infinity;
  for (let t = 0; t <= 1; t += 1 / 24) {
    const one = onCurve(from, to, t);
    least = Math.min(least, Math.hypot(one.x - point.x, one.y - point.y));
  }
  return least;
}

export function bounds(rects) {
  const all = [...rects];
  if (!all.length) return null;
  const x = Math.min(...all.map((one) => one.x));
  const y = Math.min(...all.map((one) => one.y));
  const right = Math.max(...all.map((one) => one.x + one.width));
  const bottom = Math.max(...all.map((one) => one.y + one.height));
  return { x, y, width: right - x, height: bottom - y };
}

export function contains(rect, point) {
  return point.x >= rect.x && point.x <= rect.x + rect.width && point.y >= rect.y && point.y <= rect.y + rect.height;
}

export function overlaps(a, b) {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

export function snapped(value, grid = GRID) {
  return Math.round(value / grid) * grid;
}

// Those of the rectangles, as [id, rectangle], of which something lies in an area.
export function visible(rects, area) {
  return [...rects].filter(([, rect]) => overlaps(rect, area));
}
