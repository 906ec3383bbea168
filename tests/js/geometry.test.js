// The canvas and workflows/picture.py draw alike: both are held to fixtures/geometry.json (see test_canvas_geometry.py).
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { bends, curve, entryPoint, exitPoint, rectangles, steady, visible } from "../../static/js/editor/geometry.js";

const cases = JSON.parse(readFileSync(new URL("fixtures/geometry.json", import.meta.url), "utf8"));

for (const { name, steps, rects, lines } of cases) {
  const all = new Map(steps.map((one) => [one.id, one]));
  const found = rectangles(all);
  test(`${name}: cards lie where the picture has them`, () => {
    assert.deepEqual(Object.fromEntries(found), rects);
  });
  test(`${name}: lines run as in the picture`, () => {
    const drawn = lines.map(({ source, port, target }) => {
      const [from, to] = [all.get(source), all.get(target)];
      return curve(exitPoint(from, found.get(source), port), entryPoint(to, found.get(target)));
    });
    assert.deepEqual(drawn, lines.map((one) => one.path));
  });
}

test("a container whose first step goes further out grows there, and nothing else moves on the canvas", () => {
  const step = (id, parent, x, y, isFrame = false) => ({ id, parent, x, y, rows: [], isFrame });
  const before = new Map([step("outer", null, 100, 100, true), step("box", "outer", 0, 0, true), step("a", "box", 0, 0), step("b", "box", 300, 90)].map((one) => [one.id, one]));
  const moved = new Map(before).set("a", { ...before.get("a"), x: -70, y: 20 });
  const shifts = steady(before, moved);
  for (const [id, place] of shifts) moved.set(id, { ...moved.get(id), ...place });
  const [old, now] = [rectangles(before), rectangles(moved)];
  assert.deepEqual([...shifts.keys()], ["box", "outer"]);
  assert.deepEqual([now.get("b").x, now.get("b").y], [old.get("b").x, old.get("b").y]);
  assert.deepEqual([now.get("a").x - old.get("a").x, now.get("a").y - old.get("a").y], [-70, 20]);
});

test("what is seen is what lies in the area with any part", () => {
  const rects = new Map([["in", { x: 10, y: 10, width: 5, height: 5 }], ["part", { x: -5, y: 0, width: 10, height: 9 }], ["out", { x: 200, y: 0, width: 9, height: 9 }]]);
  assert.deepEqual(visible(rects, { x: 0, y: 0, width: 100, height: 50 }).map(([id]) => id), ["in", "part"]);
});

test("a line bends half way, and far out of a card when it leads back", () => {
  assert.deepEqual(bends({ x: 0, y: 0 }, { x: 200, y: 40 }), [100, 100]);
  assert.deepEqual(bends({ x: 0, y: 0 }, { x: 20, y: 0 }), [36, -16]);
  assert.deepEqual(bends({ x: 300, y: 0 }, { x: 0, y: 0 }), [390, -90]);
});
