import assert from "node:assert/strict";
import { test } from "node:test";

import { clock } from "../../static/js/times.js";

for (const [seconds, text] of [
  [-3, "0.0 s"],
  [0.44, "0.4 s"],
  [59.9, "59 s"],
  [60, "1 min 0 s"],
  [200, "3 min 20 s"],
  [7500, "2 h 5 min"],
  [270_000, "3 d 3 h"],
]) {
  test(`${seconds} seconds are ${text}`, () => assert.equal(clock(seconds), text));
}
