import assert from "node:assert/strict";
import { test } from "node:test";

import { applyChange, freeId, inside, newModel, outermost, refusalOf } from "../../static/js/editor/model.js";

function step(id, values = {}) {
  return { id, kind: "transform", title: id, parent: null, x: 0, y: 0, rows: [], port: "done", isFrame: false, ...values };
}

function model() {
  const made = newModel();
  const box = step("box", { kind: "sequential", isFrame: true });
  const gate = step("gate", { kind: "approval", rows: [["approved", ""], ["rejected", ""]], port: "approved" });
  for (const one of [step("a"), gate, step("c"), box, step("inner", { parent: "box" })]) made.steps.set(one.id, one);
  made.edges = [
    { source: "a", port: "done", target: "gate" },
    { source: "gate", port: "approved", target: "c" },
  ];
  return made;
}

test("a line that closes a circle is refused with its way", () => {
  assert.match(refusalOf(model(), "c", "done", "a"), /circle: c → a → gate → c/);
  assert.match(refusalOf(model(), "a", "done", "a"), /circle/);
});

test("a line across a border, or one that is there, is refused", () => {
  assert.match(refusalOf(model(), "a", "done", "inner"), /same container/);
  assert.match(refusalOf(model(), "a", "done", "gate"), /already/);
  assert.equal(refusalOf(model(), "a", "done", "c"), "");
});

test("a line that is led elsewhere does not stand in its own way", () => {
  const made = model();
  assert.match(refusalOf(made, "gate", "approved", "a"), /circle/);
  assert.equal(refusalOf(made, "gate", "approved", "a", made.edges[0]), "");
});

test("deleting a step joins what came before to what came after by its usual way out", () => {
  const made = model();
  made.edges.push({ source: "gate", port: "rejected", target: "box" });
  applyChange(made, { op: "remove_steps", ids: ["gate"] });
  assert.deepEqual(made.edges, [{ source: "a", port: "done", target: "c" }]);
});

test("a container goes with all that lies in it", () => {
  const made = model();
  assert.deepEqual([...inside(made, "box")], ["inner"]);
  assert.deepEqual(outermost(made, ["box", "inner", "a"]), ["box", "a"]);
  applyChange(made, { op: "remove_steps", ids: ["box", "inner"] });
  assert.equal(made.steps.has("inner"), false);
});

test("steps that move into a container together keep the line between them", () => {
  const made = model();
  applyChange(made, { op: "move", ids: ["a", "gate"], parent: "box", positions: { a: [5, 6] } });
  assert.deepEqual(made.edges, [{ source: "a", port: "done", target: "gate" }]);
  assert.deepEqual([made.steps.get("a").x, made.steps.get("a").y], [5, 6]);
});

test("a step is put into a line, in the container of its source", () => {
  const made = model();
  const edge = made.edges[0];
  applyChange(made, { op: "insert_step", step: { id: "new", type: "transform" }, edge });
  assert.deepEqual(made.edges.slice(1), [
    { source: "a", port: "done", target: "new" },
    { source: "new", port: "done", target: "gate" },
  ]);
});

for (const [wish, found] of [
  ["agent", "agent_2"],
  ["Market Researcher", "market_researcher"],
  ["2 reports", "step_2_reports"],
  ["東京", "step"],
]) {
  test(`a free id like “${wish}” is ${found}`, () => assert.equal(freeId(new Set(["agent"]), wish), found));
}
