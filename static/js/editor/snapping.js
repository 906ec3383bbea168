// Guides: where a moved rectangle meets the edges and middles of others. Pure.
export const REACH = 6;

function stops(rect) {
  return {
    x: [rect.x, rect.x + rect.width / 2, rect.x + rect.width],
    y: [rect.y, rect.y + rect.height / 2, rect.y + rect.height],
  };
}

function nearest(mine, others, axis, reach) {
  let best = null;
  for (const other of others) {
    for (const theirs of stops(other)[axis]) {
      for (const own of mine) {
        const gap = theirs - own;
        if (Math.abs(gap) <= reach && (!best || Math.abs(gap) < Math.abs(best.gap))) best = { gap, at: theirs, other };
      }
    }
  }
  return best;
}

// How far to shift a rectangle so that it lines up, and the lines to show: {dx, dy, guides: [{x1, y1, x2, y2}]}.
export function guide(rect, others, reach = REACH) {
  const mine = stops(rect);
  const [alongX, alongY] = [nearest(mine.x, others, "x", reach), nearest(mine.y, others, "y", reach)];
  const [dx, dy] = [alongX?.gap ?? 0, alongY?.gap ?? 0];
  const moved = { ...rect, x: rect.x + dx, y: rect.y + dy };
  const guides = [];
  if (alongX) guides.push(upright(alongX.at, moved, alongX.other));
  if (alongY) guides.push(level(alongY.at, moved, alongY.other));
  return { dx, dy, hasX: Boolean(alongX), hasY: Boolean(alongY), guides };
}

function upright(x, a, b) {
  return { x1: x, x2: x, y1: Math.min(a.y, b.y) - 12, y2: Math.max(a.y + a.height, b.y + b.height) + 12 };
}

function level(y, a, b) {
  return { y1: y, y2: y, x1: Math.min(a.x, b.x) - 12, x2: Math.max(a.x + a.width, b.x + b.width) + 12 };
}
