import assert from "node:assert/strict";
import { fc } from "../deps.ts";
import { normals, philox } from "../../src/base/random.ts";

/** Known answers of Random123's `kat_vectors`, `philox2x32 10`: counter, key, result. */
const KNOWN: [counter: [number, number], key: number, result: [number, number]][] = [
  [[0x00000000, 0x00000000], 0x00000000, [0xff1dae59, 0x6cd10df2]],
  [[0xffffffff, 0xffffffff], 0xffffffff, [0x2c3f628b, 0xab4fd7ad]],
  [[0x243f6a88, 0x85a308d3], 0x13198a2e, [0xdd7ce038, 0xf62a4c12]],
];

for (const [[index, stream], seed, result] of KNOWN) {
  Deno.test(`philox gives Random123's answer for counter ${index}, ${stream} and key ${seed}`, () => {
    assert.deepEqual(philox(seed, stream, index), result);
  });
}

/** Philox-2x32-10 as its paper writes it, in whole numbers of any size. */
function plainPhilox(seed: number, stream: number, index: number): [number, number] {
  const word = 0xffffffffn;
  let [x0, x1, key] = [BigInt(index), BigInt(stream), BigInt(seed)];
  for (let round = 0; round < 10; round++) {
    const product = x0 * 0xd256d193n;
    [x0, x1, key] = [(product >> 32n) ^ key ^ x1, product & word, (key + 0x9e3779b9n) & word];
  }
  return [Number(x0), Number(x1)];
}

Deno.test("philox is what its paper says, for any counter and key", () => {
  const word = fc.integer({ min: 0, max: 0xffffffff });
  fc.assert(fc.property(word, word, word, (seed, stream, index) => {
    assert.deepEqual(philox(seed, stream, index), plainPhilox(seed, stream, index));
  }));
});

Deno.test("normals have the moments of a standard normal distribution", () => {
  const count = 200_000;
  const values = normals(42, 3, count);
  const moment = (power: number) => values.reduce((sum, value) => sum + value ** power, 0) / count;
  // Five standard deviations of each estimate: the k-th moment's is the root of (E x^2k - (E x^k)^2) / count.
  const bounds: [power: number, expected: number, variance: number][] = [[1, 0, 1], [2, 1, 2], [3, 0, 15], [4, 3, 96]];
  for (const [power, expected, variance] of bounds) {
    const error = Math.abs(moment(power) - expected);
    assert.ok(error < 5 * Math.sqrt(variance / count), `moment ${power}: off by ${error}`);
  }
  const beyond = values.filter((value) => Math.abs(value) > 3).length / count;
  assert.ok(Math.abs(beyond - 0.0026998) < 5 * Math.sqrt(0.0027 / count), `${beyond} lie beyond 3 deviations`);
  const neighbours = values.slice(1).reduce((sum, value, i) => sum + value * values[i]!, 0) / (count - 1);
  assert.ok(Math.abs(neighbours) < 5 / Math.sqrt(count), `neighbours are correlated: ${neighbours}`);
});

Deno.test("the number at an index does not depend on how many are asked for", () => {
  const all = normals(7, 1, 101);
  for (const count of [0, 1, 2, 3, 100]) assert.deepEqual(normals(7, 1, count), all.slice(0, count));
});

Deno.test("streams and seeds give different numbers, the same ones the same", () => {
  const first = normals(1, 0, 64);
  assert.deepEqual(normals(1, 0, 64), first);
  for (const [seed, stream] of [[1, 1], [2, 0], [0, 1]] as const) {
    const equal = normals(seed, stream, 64).filter((value, i) => value === first[i]).length;
    assert.equal(equal, 0, `seed ${seed}, stream ${stream}`);
  }
});
