// Aligning and distributing rectangles: from {id: rect} to {id: [dx, dy]}. Pure.
import { bounds } from "./geometry.js";

const ALIGN = {
  left: (rect, all) => [all.x - rect.x, 0],
  centre: (rect, all) => [all.x + all.width / 2 - rect.x - rect.width / 2, 0],
  right: (rect, all) => [all.x + all.width - rect.x - rect.width, 0],
  top: (rect, all) => [0, all.y - rect.y],
  middle: (rect, all) => [0, all.y + all.height / 2 - rect.y - rect.height / 2],
  bottom: (rect, all) => [0, all.y + all.height - rect.y - rect.height],
};

export function align(rects, how) {
  const all = bounds(rects.values());
  return new Map([...rects].map(([id, rect]) => [id, ALIGN[how](rect, all).map(Math.round)]));
}

// The same gap between each and the next, the outer ones staying where they are.
export function distribute(rects, axis) {
  const size = axis === "x" ? "width" : "height";
  const row = [...rects].sort(([, a], [, b]) => a[axis] - b[axis]);
  if (row.length < 3) return new Map();
  const [first, last] = [row[0][1], row.at(-1)[1]];
  const filled = row.reduce((sum, [, rect]) => sum + rect[size], 0);
  const gap = (last[axis] + last[size] - first[axis] - filled) / (row.length - 1);
  const moves = new Map();
  let at = first[axis];
  for (const [id, rect] of row) {
    const shift = Math.round(at - rect[axis]);
    moves.set(id, axis === "x" ? [shift, 0] : [0, shift]);
    at += rect[size] + gap;
  }
  return moves;
}
