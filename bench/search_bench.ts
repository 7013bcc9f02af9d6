/**
 * 100 queries over 20,000 vectors of 384, the ten best of each: `semantic_search`, which puts the vectors on the GPU each
 * time, an index that keeps them there, and a plain loop over typed arrays.
 */

import { semantic_search, Tensor, VectorIndex } from "../mod.ts";
import { random } from "../tests/conformance/data.ts";
import { Best } from "../src/vectors/best.ts";
import { benchRace } from "./interleaved.ts";

const [QUERIES, VECTORS, WIDTH, TOP] = [100, 20_000, 384, 10];

function vectors(rows: number, seed: number): Tensor<"float32"> {
  const next = random(seed);
  return new Tensor("float32", Float32Array.from({ length: rows * WIDTH }, next), [rows, WIDTH]);
}

const [queries, corpus] = [vectors(QUERIES, 1), vectors(VECTORS, 2)];
const index = new VectorIndex(corpus);

function plainLoop() {
  const [a, b] = [queries.data, corpus.data];
  const lengths = (data: Float32Array, rows: number) =>
    Float64Array.from({ length: rows }, (_, r) => {
      let sum = 0;
      for (let i = r * WIDTH; i < (r + 1) * WIDTH; i++) sum += data[i]! ** 2;
      return Math.sqrt(sum);
    });
  const [ofQueries, ofVectors] = [lengths(a, QUERIES), lengths(b, VECTORS)];
  const found: unknown[] = [];
  for (let q = 0; q < QUERIES; q++) {
    const best = new Best(TOP);
    for (let v = 0; v < VECTORS; v++) {
      let dot = 0;
      for (let i = 0; i < WIDTH; i++) dot += a[q * WIDTH + i]! * b[v * WIDTH + i]!;
      best.add(v, dot / (ofQueries[q]! * ofVectors[v]!));
    }
    found.push(best.hits);
  }
  return Promise.resolve(found);
}

benchRace({
  name: `${QUERIES} queries over ${VECTORS} vectors of ${WIDTH}`,
  baseline: "plain loop",
  targets: { "semantic_search": { least: 3 }, "VectorIndex": { least: 3 } },
}, {
  "plain loop": plainLoop,
  "semantic_search": () => semantic_search(queries, corpus),
  "VectorIndex": () => index.search(queries),
});
