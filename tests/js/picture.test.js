import assert from "node:assert/strict";
import { test } from "node:test";

import { scaleFor } from "../../static/js/picture.js";

test("a usual picture is drawn twice as fine", () => {
  assert.equal(scaleFor(1200, 400), 2);
});

test("a large picture stays within what a canvas may be", () => {
  for (const [width, height] of [[50_000, 300], [12_000, 9_000], [300, 40_000]]) {
    const scale = scaleFor(width, height);
    assert.ok(Math.max(width, height) * scale <= 16_000.5);
    assert.ok(width * height * scale * scale <= 40_000_001);
    assert.ok(scale > 0);
  }
});
