import assert from "node:assert/strict";
import { test } from "node:test";

import { align, distribute } from "../../static/js/editor/arranging.js";
import { fragmentOf, readFragment } from "../../static/js/editor/fragments.js";
import { found } from "../../static/js/editor/matching.js";
import { newModel } from "../../static/js/editor/model.js";
import { guide } from "../../static/js/editor/snapping.js";

const rect = (x, y, width = 100, height = 50) => ({ x, y, width, height });

test("a card near the side of another is drawn to it, with a line that shows it", () => {
  const near = guide(rect(203, 400), [rect(200, 0)]);
  assert.deepEqual([near.dx, near.dy], [-3, 0]);
  assert.deepEqual(near.guides, [{ x1: 200, x2: 200, y1: -12, y2: 462 }]);
});

test("a card far from all others is left alone", () => {
  assert.deepEqual(guide(rect(340, 400), [rect(200, 0)]).guides, []);
});

test("aligning brings all to the outermost side", () => {
  const rects = new Map([["a", rect(0, 0)], ["b", rect(40, 90, 200)]]);
  assert.deepEqual(Object.fromEntries(align(rects, "left")), { a: [0, 0], b: [-40, 0] });
  assert.deepEqual(Object.fromEntries(align(rects, "right")), { a: [140, 0], b: [0, 0] });
  assert.deepEqual(Object.fromEntries(align(rects, "middle")), { a: [0, 45], b: [0, -45] });
});

test("distributing makes all gaps the same and keeps the outer ones", () => {
  const rects = new Map([["a", rect(0, 0)], ["c", rect(500, 0)], ["b", rect(110, 0)]]);
  assert.deepEqual(Object.fromEntries(distribute(rects, "x")), { a: [0, 0], b: [140, 0], c: [0, 0] });
  assert.equal(distribute(new Map([["a", rect(0, 0)], ["b", rect(9, 0)]]), "x").size, 0);
});

test("what is found has every word, and words at a beginning come first", () => {
  const items = ["Sales analyst", "Data analyst", "Analysis plan", "Writer"];
  assert.deepEqual(found("ana", items, String), ["Analysis plan", "Sales analyst", "Data analyst"]);
  assert.deepEqual(found("analyst da", items, String), ["Data analyst"]);
  assert.deepEqual(found("", items, String), items);
});

test("a fragment holds the chosen steps, what lies in them, and the lines between them alone", () => {
  const model = newModel();
  for (const [id, parent] of [["a", null], ["box", null], ["inner", "box"], ["z", null]]) {
    model.steps.set(id, { id, parent, x: 1, y: 2, isFrame: id === "box" });
  }
  model.edges = [
    { source: "a", port: "done", target: "box" },
    { source: "box", port: "done", target: "z" },
  ];
  const documents = Object.fromEntries([...model.steps.keys()].map((id) => [id, { id, type: "transform" }]));
  const made = fragmentOf(model, documents, new Set(["a", "box", "inner"]));
  assert.deepEqual(made.steps.map((one) => one.id), ["a", "box", "inner"]);
  assert.deepEqual(made.edges, [{ source: "a", port: "done", target: "box" }]);
  assert.deepEqual(made.steps[0].position, { x: 1, y: 2 });
});

test("steps are read from a clipboard in any of their forms, and nothing else is", () => {
  const steps = [{ id: "a" }];
  assert.deepEqual(readFragment(JSON.stringify({ steps })), { steps, edges: [] });
  assert.deepEqual(readFragment(JSON.stringify({ name: "W", definition: { steps, edges: [1] } })), { steps, edges: [1] });
  for (const text of ["", "hello", "{}", "[]", "null", '{"steps": {}}', '{"steps": []}']) assert.equal(readFragment(text), null);
});
