// Which variables fit what is being written, and what a run gave for them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { asked, fitting, lastSeen, shortly } from "../../static/js/panel/variables.js";

const OFFERS = {
  any: [
    ["${steps.look.output}", "$.look", "Look", "an object", "Look"],
    ["${steps.look.output.score}", "$.look.score", "Look, score", "a number", "Look"],
    ["${inputs.score}", "$.inputs.score", "Score", "text", "Inputs"],
  ],
  own: [["${steps.me.output}", "$.me", "Me", "text", "Me"]],
};
const RUN = {
  run: 3,
  inputs: { question: "Why?", n: 5 },
  steps: { look: { score: 0.8, rows: [{ "Total sales": 7 }] } },
  context: { mood: "good" },
};

test("a variable is asked for after its beginning, until it is closed", () => {
  assert.deepEqual(asked("text", "See ${sco", 9), { from: 4, to: 9, query: "sco" });
  assert.deepEqual(asked("text", "See ${", 6), { from: 4, to: 6, query: "" });
  assert.equal(asked("text", "See ${a} and", 12), null);
  assert.equal(asked("text", "costs $${5", 10), null);
  assert.equal(asked("text", "plain", 5), null);
});

test("what closes the variable is written over", () => {
  assert.deepEqual(asked("text", "${inputs.a} more", 10), { from: 0, to: 11, query: "inputs.a" });
  assert.deepEqual(asked("text", "${inp and } more", 5), { from: 0, to: 5, query: "inp" });
});

test("a path is asked for as a whole", () => {
  assert.deepEqual(asked("path", "$.look.sc", 9), { from: 0, to: 9, query: "look.sc" });
  assert.equal(asked("path", "", 0).query, "");
});

test("every word must fit, and what begins so comes first", () => {
  assert.deepEqual(fitting(OFFERS, "any", "score").map((one) => one[0]), ["${steps.look.output.score}", "${inputs.score}"]);
  assert.equal(fitting(OFFERS, "any", "inputs").at(0)[0], "${inputs.score}");
  assert.equal(fitting(OFFERS, "any", "look number").length, 1);
  assert.deepEqual(fitting(OFFERS, "any", "nobody"), []);
});

test("a scope adds what only it sees", () => {
  assert.equal(fitting(OFFERS, "own", "").at(0)[0], "${steps.me.output}");
  assert.equal(fitting(OFFERS, "any", "").length, 3);
  assert.equal(fitting({}, "own", "").length, 0);
});

test("the newest run shows what it gave", () => {
  assert.equal(lastSeen(RUN, "${steps.look.output.score}"), 0.8);
  assert.equal(lastSeen(RUN, "${steps.look.output.rows[0]['Total sales']}"), 7);
  assert.equal(lastSeen(RUN, "${inputs.n}"), 5);
  assert.equal(lastSeen(RUN, "${context.mood}"), "good");
  assert.equal(lastSeen(RUN, "${user_input}"), "Why?");
  assert.equal(lastSeen(RUN, "${steps.nobody.output.x}"), undefined);
  assert.equal(lastSeen({}, "${item}"), undefined);
});

test("long values are shown in short", () => {
  assert.equal(shortly(undefined), "");
  assert.equal(shortly({ a: 1 }), '{"a":1}');
  assert.equal(shortly("a\nb"), "a b");
  assert.equal(shortly("x".repeat(100)).length, 71);
});
