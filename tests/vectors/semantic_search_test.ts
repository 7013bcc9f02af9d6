/** Searches give what plain loops over float64 give, on the CPU and on the GPU. */

import assert from "node:assert/strict";
import { requestGpu } from "../../src/gpu/device.ts";
import { cat, InputError, type SearchHit, semantic_search, type Similarity, Tensor, VectorIndex } from "../../mod.ts";
import { random } from "../conformance/data.ts";

function vectors(rows: number, columns: number, seed: number): Tensor<"float32"> {
  const next = random(seed);
  return new Tensor("float32", Float32Array.from({ length: rows * columns }, next), [rows, columns]);
}

const TWINS: Record<Similarity, (a: number[], b: number[]) => number> = {
  cosine: (a, b) => dot(a, b) / Math.max(Math.sqrt(dot(a, a)), 1e-12) / Math.max(Math.sqrt(dot(b, b)), 1e-12),
  dot: (a, b) => dot(a, b),
  euclidean: (a, b) => -Math.sqrt(a.reduce((sum, x, i) => sum + (x - b[i]!) ** 2, 0)),
  manhattan: (a, b) => -a.reduce((sum, x, i) => sum + Math.abs(x - b[i]!), 0),
};

function dot(a: number[], b: number[]): number {
  return a.reduce((sum, x, i) => sum + x * b[i]!, 0);
}

/** All vectors in the order of a search. */
function twin(queries: Tensor, corpus: Tensor, name: Similarity): SearchHit[][] {
  const of = TWINS[name];
  return (queries.tolist() as number[][]).map((query) =>
    (corpus.tolist() as number[][]).map((vector, corpus_id) => ({ corpus_id, score: of(query, vector) }))
      .sort((a, b) => b.score - a.score || a.corpus_id - b.corpus_id)
  );
}

/** Checks hits against all vectors in order: the same ones but for ties. */
function checkHits(found: SearchHit[][], all: SearchHit[][], top_k: number, tolerance = 1e-5): void {
  assert.equal(found.length, all.length);
  for (const [query, hits] of found.entries()) {
    const expected = all[query]!;
    assert.equal(hits.length, Math.min(top_k, expected.length));
    assert.equal(new Set(hits.map(({ corpus_id }) => corpus_id)).size, hits.length);
    for (const [i, { corpus_id, score }] of hits.entries()) {
      const { score: own } = expected.find((hit) => hit.corpus_id === corpus_id)!;
      assert(Math.abs(score - own) <= tolerance, `query ${query}: score ${score} of ${corpus_id}, expected ${own}`);
      assert(Math.abs(score - expected[i]!.score) <= tolerance, `query ${query}: place ${i} has ${corpus_id}`);
    }
  }
}

Deno.test("a search gives the vectors that are most alike, by every function", async () => {
  const [queries, corpus] = [vectors(3, 7, 1), vectors(40, 7, 2)];
  for (const score_function of ["cosine", "dot", "euclidean", "manhattan"] as const) {
    for (const top_k of [1, 5, 40, 1000]) {
      checkHits(
        await semantic_search(queries, corpus, { score_function, top_k }),
        twin(queries, corpus, score_function),
        top_k,
        1e-12,
      );
    }
  }
});

for (const [columns, rows] of [[64, 9000], [61, 8193]] as const) {
  Deno.test(`a large search of ${rows} vectors of ${columns} is on the GPU, and gives the same`, async () => {
    const gpu = await requestGpu();
    const before = gpu.counts.liveBytes;
    const [queries, corpus] = [vectors(130, columns, 3), vectors(rows, columns, 4)];
    for (const score_function of ["cosine", "dot"] as const) {
      using index = new VectorIndex(corpus, { score_function });
      const found = await index.search(queries);
      assert(gpu.counts.liveBytes >= before + 4 * rows * columns, "the vectors must be on the GPU");
      const few = new Tensor("float32", queries.data.subarray(0, 5 * columns), [5, columns]);
      checkHits(found.slice(0, 5), twin(few, corpus, score_function), 10);
      assert.deepEqual(await index.search(queries), found);
      // In parts, and on the CPU: a hit more than the GPU finds.
      assert.deepEqual(await semantic_search(queries, corpus, { score_function, corpus_chunk_size: 3000 }), found);
      const all = await index.search(queries, { top_k: 121 });
      assert.deepEqual(all.map((hits) => hits.slice(0, 10)), found);
    }
    assert.equal(gpu.counts.liveBytes, before);
  });
}

Deno.test("equal vectors come in their order, on both", async () => {
  const one = vectors(1, 64, 5);
  const corpus = cat(Array.from({ length: 6000 }, () => one));
  const queries = cat(Array.from({ length: 60 }, () => one));
  const numbers = Array.from({ length: 10 }, (_, i) => i);
  for (const asked of [one, queries]) {
    for (const hits of await semantic_search(asked, corpus)) {
      assert.deepEqual(hits.map(({ corpus_id }) => corpus_id), numbers);
      assert(Math.abs(hits[0]!.score - 1) < 1e-12);
    }
  }
});

Deno.test("zeros, huge and tiny numbers are compared as they are", async () => {
  const corpus = [[0, 0], [1e30, 1e30], [1e-10, 0], [-1, 0]];
  const [hits] = await semantic_search([[1, 0]], corpus);
  assert.deepEqual(hits!.map(({ corpus_id }) => corpus_id), [2, 1, 0, 3]);
  assert.deepEqual(hits!.map(({ score }) => +score.toFixed(6)), [1, 0.707107, 0, -1]);
  // Products of these overflow 32 bits: a large search of them stays in float64.
  const rows = 6000;
  const large = vectors(rows, 64, 6).data.map((x) => x * 1e30);
  const tensor = new Tensor("float32", large as Float32Array, [rows, 64]);
  const queries = new Tensor("float32", large.slice(0, 60 * 64) as Float32Array, [60, 64]);
  for (const [i, [first]] of (await semantic_search(queries, tensor, { score_function: "dot" })).entries()) {
    assert(Number.isFinite(first!.score), `query ${i}`);
  }
});

Deno.test("vectors may be a tensor, tensors, arrays; nothing gives nothing", async () => {
  const corpus = vectors(5, 4, 7);
  const rows = corpus.tolist() as number[][];
  const tensors = rows.map((row) => new Tensor("float32", row, [1, 4]));
  const flat = rows.map((row) => new Tensor("float32", row, [4]));
  const expected = await semantic_search(corpus, corpus);
  for (const given of [rows, tensors, flat, rows.map((row) => Float32Array.from(row))]) {
    assert.deepEqual(await semantic_search(given, given), expected);
  }
  assert.deepEqual(await semantic_search(flat[2]!, corpus), [expected[2]]);
  assert.deepEqual(await semantic_search(rows[2]!, corpus), [expected[2]]);
  assert.deepEqual(await semantic_search(Float32Array.from(rows[2]!), corpus), [expected[2]]);
  assert.deepEqual(await semantic_search([], corpus), []);
  assert.deepEqual(await semantic_search(corpus, []), [[], [], [], [], []]);
  assert.deepEqual(await semantic_search([], []), []);
});

Deno.test("what cannot be searched is refused by name", async () => {
  const corpus = vectors(5, 4, 8);
  const cases: [() => Promise<unknown>, RegExp][] = [
    [
      () => semantic_search(vectors(1, 3, 1), corpus),
      /queries must have as many numbers as the corpus, got 3 and 4; they are of different models/,
    ],
    [() => semantic_search([[1, 2, 3, NaN]], corpus), /queries\[0\] must hold finite numbers, got NaN/],
    [
      () => semantic_search(corpus, [[1, 2, 3, 4], [1, Infinity, 3, 4]]),
      /corpus\[1\] must hold finite numbers, got Inf/,
    ],
    [
      () => semantic_search([[1, 2], [1]], corpus),
      /queries must be of one size, got 2 numbers .* and 1 in queries\[1\]/,
    ],
    [() => semantic_search("text" as never, corpus), /queries must be a float32 Tensor \[N, H\].*got a string/],
    [() => semantic_search([["a"]] as never, corpus), /queries\[0\] must be a float32 Tensor \[1, H\], or numbers/],
    [
      () => semantic_search(new Tensor("int8", [1, 2, 3, 4], [1, 4]), corpus),
      /queries must be a float32 Tensor \[N, H\], or a list of vectors, got int8 \[1, 4\]/,
    ],
    [() => semantic_search(corpus, corpus, { top_k: 0 }), /top_k must be a whole number from 1, got 0/],
    [() => semantic_search(corpus, corpus, { top_k: 1.5 }), /top_k must be a whole number from 1, got 1.5/],
    [() => semantic_search(corpus, corpus, { corpus_chunk_size: 0 }), /corpus_chunk_size must be .* from 1, got 0/],
    [
      () => semantic_search(corpus, corpus, { score_function: "cos" as never }),
      /score_function must be one of cosine, dot, euclidean, manhattan, got "cos"/,
    ],
    [() => semantic_search(corpus, corpus, { topk: 3 } as never), /topk/],
  ];
  for (const [call, message] of cases) await assert.rejects(call, message);
  await assert.rejects(semantic_search([[NaN]], [[1]]), InputError);
});

Deno.test("a search can be stopped, and an index is not used after it was disposed of", async () => {
  const [queries, corpus] = [vectors(20, 64, 9), vectors(9000, 64, 10)];
  const reason = new Error("enough");
  await assert.rejects(semantic_search(queries, corpus, { signal: AbortSignal.abort(reason) }), reason);
  const later = new AbortController();
  const distances = semantic_search(queries, corpus, { score_function: "manhattan", signal: later.signal });
  setTimeout(() => later.abort(reason), 5);
  await assert.rejects(distances, reason);
  const index = new VectorIndex(corpus);
  const running = index.search(queries);
  index.dispose();
  assert.equal((await running).length, 20);
  await assert.rejects(index.search(queries), /the index was disposed/);
});

Deno.test("of vectors that 32 bits cannot tell apart the best by 64 are found", async () => {
  const [rows, columns] = [6000, 64];
  const corpus = vectors(rows, columns, 11);
  const queries = vectors(60, columns, 12);
  for (let v = 0; v < 300; v++) { // nearly the same as each other, and as the first query
    for (let i = 0; i < columns; i++) {
      corpus.data[v * columns + i] = queries.data[i]! * (1 + 1e-6 * Math.sin(v * 7 + i * i));
    }
  }
  const few = new Tensor("float32", queries.data.subarray(0, columns), [1, columns]);
  const [onCpu] = await semantic_search(few, corpus);
  using index = new VectorIndex(corpus);
  const found = await index.search(queries);
  assert.deepEqual(found[0], onCpu);
  checkHits([onCpu!], twin(few, corpus, "cosine"), 10, 1e-15);
});

Deno.test("an index outlives its device", async () => {
  const [queries, corpus] = [vectors(60, 64, 13), vectors(6000, 64, 14)];
  using index = new VectorIndex(corpus);
  const expected = await index.search(queries);
  const gpu = await requestGpu();
  gpu.device.destroy();
  await gpu.device.lost;
  assert.deepEqual(await index.search(queries), expected);
  assert.notEqual(await requestGpu(), gpu);
  const { device } = await requestGpu({ device: await (await navigator.gpu.requestAdapter())!.requestDevice() });
  using own = new VectorIndex(corpus, { device });
  assert.deepEqual(await own.search(queries), expected);
  device.destroy();
  await device.lost;
  assert.deepEqual(await own.search(queries), expected); // on the CPU
});

Deno.test("a wrong vector is named by its number, however the vectors are cut", async () => {
  const rows = vectors(20, 4, 15);
  rows.data[4 * 17] = NaN;
  const call = semantic_search(vectors(1, 4, 16), rows, { corpus_chunk_size: 5 });
  await assert.rejects(call, /corpus\[17\] must hold finite numbers, got NaN/);
});

Deno.test("timers have their turn while many queries are compared", async () => {
  let longest = 0;
  let last = performance.now();
  const timer = setInterval(() => {
    longest = Math.max(longest, performance.now() - last);
    last = performance.now();
  }, 1);
  await semantic_search(vectors(1500, 64, 17), vectors(500, 64, 18), { score_function: "euclidean" });
  clearInterval(timer);
  assert(longest > 0 && longest < 250, `${longest} ms`);
});
