/** Numbers of 32 bits in few digits. */

import assert from "node:assert/strict";
import { shortestFloat } from "../../src/vectors/shortest.ts";
import { random } from "../conformance/data.ts";

Deno.test("a float32 has the fewest digits that give it back", () => {
  const cases = [[0.1, 0.1], [1 / 3, 0.33333334], [0.5, 0.5], [16777216, 16777216], [1e-45, 1e-45], [0, 0], [
    -2.5,
    -2.5,
  ]];
  for (const [x, expected] of [...cases, [3.4028234663852886e38, 3.4028235e38]] as const) {
    assert.equal(shortestFloat(Math.fround(x!)), expected);
  }
  const next = random(1);
  const [bits, floats] = [new Uint32Array(1), new Float32Array(1)];
  const view = new Float32Array(bits.buffer);
  for (let i = 0; i < 20000; i++) {
    bits[0] = (next() + 1) * 2 ** 31;
    if (!Number.isFinite(view[0])) continue;
    const short = shortestFloat(view[0]!);
    floats[0] = short;
    assert.equal(floats[0], view[0]);
    const digits = `${short}`.replace(/e.*$/, "").replace(/[-.]/g, "").replace(/^0+|0+$/g, "").length;
    assert(digits <= 9, `${short} has ${digits} digits`);
  }
});
