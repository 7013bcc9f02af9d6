/** The gradients of attention on the GPU against central differences of the float64 twin. */

import assert from "node:assert/strict";
import { requestGpu } from "../../src/gpu/device.ts";
import { gradients } from "../../src/graph/autodiff.ts";
import { Graph } from "../../src/graph/graph.ts";
import { attention, type AttentionTables, type HeadVectors } from "../../src/graph/ops/attention/attention.ts";
import { linear } from "../../src/graph/ops/products/linear.ts";
import { Program } from "../../src/graph/program/program.ts";
import type { Value } from "../../src/graph/value.ts";
import { pitch } from "../../src/kernels/kernel.ts";
import { tuningOf } from "../../src/kernels/tuning/tuning.ts";
import {
  CENTER,
  centralDifferences,
  loss,
  MASK,
  OWN_SIZE,
  type Place,
  type Problem,
  problemOf,
  type Setting,
} from "./attention_problems.ts";
import { caught } from "./wrong_values.ts";

const gpu = await requestGpu();

const SETTINGS: readonly Setting[] = [
  { name: "q, k and v in one matrix", form: "full", heads: 3, headSize: 8 },
  { name: "an odd head size", form: "full", heads: 2, headSize: 7 },
  { name: "a layer's keys and values", form: "projected", heads: 2, headSize: 6 },
  { name: "heads that share keys and values", form: "absorbed", heads: 3, headSize: 10 },
  { name: "a head whose scale is 0", form: "projected", heads: 3, headSize: 4, headScale: [1, 0, 0.5] },
  { name: "relative_key", form: "full", heads: 2, headSize: 5, positions: "relative_key" },
  { name: "relative_key_query", form: "full", heads: 2, headSize: 5, positions: "relative_key_query" },
  { name: "relative_key_query of rows", form: "projected", heads: 2, headSize: 4, positions: "relative_key_query" },
  {
    name: "relative_key with other queries",
    form: "absorbed",
    heads: 2,
    headSize: 9,
    positions: "relative_key",
    ownQueries: true,
  },
  { name: "dropout", form: "full", heads: 4, headSize: 5, dropout: 0.3, headScale: [1, 0.5, 0, 1] },
  { name: "dropout of shared values", form: "absorbed", heads: 4, headSize: 10, dropout: 0.5 },
  {
    name: "dropout with relative_key_query",
    form: "projected",
    heads: 4,
    headSize: 4,
    dropout: 0.1,
    positions: "relative_key_query",
  },
  { name: "dropout of nothing", form: "projected", heads: 4, headSize: 3, dropout: 0 },
  { name: "no keys", form: "full", heads: 2, headSize: 4, batch: [{ keys: 0, others: 1, narrow: [] }] },
  { name: "no narrow rows", form: "projected", heads: 2, headSize: 4, batch: [{ keys: 3, narrow: [] }] },
  { name: "no tokens", form: "full", heads: 2, headSize: 4, positions: "relative_key_query", batch: [] },
  { name: "probabilities that were not stored", form: "full", heads: 2, headSize: 4, unaware: true },
];

/** Traces attention; under dropout the sums of probabilities times weights are added to its outputs. */
function trace(g: Graph, p: Problem, keyTiles = true): { values: Map<string, Value>; out: Value } {
  const { kind, places, heads, headSize, scale, positions } = p;
  const values = new Map(
    Object.entries(p.matrices).map(([name, { rows, columns }]) => {
      return [name, g.input(name, "f32", [rows, columns], "pitched")];
    }),
  );
  const tables = g.input("tables", "u32", ["G"]);
  const slice = (name: string) => ({ value: tables, at: g.scalar(name) });
  const rows: AttentionTables = {
    tiles: { ...slice(`${kind}TilesAt`), count: g.scalar(`${kind}Tiles`) },
    queryPositions: slice(`${kind}PositionsAt`),
    keyPositions: slice("tokenPositionsAt"),
    keys: "K",
    ...(keyTiles && { keyTiles: { ...slice(`${kind}KeyTilesAt`), count: g.scalar(`${kind}KeyTiles`) } }),
  };
  const vectors = ({ matrix, ...place }: Place): HeadVectors => ({ value: values.get(matrix)!, ...place });
  const { out: attended, sums } = attention(g, {
    label: "attend",
    rows,
    heads,
    headSize: pitch(headSize),
    scale,
    q: vectors(places.q),
    k: vectors(places.k),
    v: vectors(places.v),
    headScale: g.input("scales", "f32", [p.scales.length]),
    relative: positions === undefined ? null : {
      distance: values.get("distances")!,
      center: CENTER,
      withKeys: positions === "relative_key_query",
    },
    ...(p.dropout !== undefined && {
      dropout: {
        seed: g.scalar("seed"),
        step: g.scalar("step"),
        rate: g.scalar("rate", "f32"),
        stream: MASK.stream,
      },
    }),
    ...(places.own && { qRelative: { ...vectors(places.own), size: pitch(OWN_SIZE) } }),
  }, { slot: p.form === "absorbed" ? "attention_absorbed" : "attention_full", probabilities: "none" });
  if (p.dropout === undefined) return { values, out: attended };
  const weight = g.input("sum_weights", "f32", [heads, heads * pitch(headSize)], "pitched");
  return { values, out: linear(g, { label: "sums", x: sums, weight, residual: attended }) };
}

for (const setting of SETTINGS) {
  Deno.test(`the gradients of attention are right: ${setting.name}`, async () => {
    const p = problemOf(setting);
    const g = new Graph(tuningOf(gpu), { differentiable: !setting.unaware });
    const { values, out } = trace(g, p);
    const seed = g.input("seed", "f32", out.shape, "pitched");
    const found = gradients(g, { of: out, wrt: [...values.values()], seed });
    for (const [name, value] of values) g.output(name, found.get(value)!);
    g.output("out", out);
    const program = new Program(gpu, g);
    const sizes: Record<string, number> = { ...p.packed.sizes, seed: MASK.seed, step: MASK.step, rate: p.dropout ?? 0 };
    const scalars = Object.fromEntries([...program.scalars.keys()].map((name) => [name, sizes[name]!]));
    const inputs = {
      ...p.data,
      tables: p.packed.attentionTables,
      scales: p.scales,
      seed: p.seed,
      ...(p.dropout !== undefined && { sum_weights: p.sumWeights }),
    };
    const { outputs } = await program.run({ scalars, inputs });
    const terms = Float64Array.from(outputs.get("out")!.data, (value, i) => value * p.seed[i]!);
    const [total, size] = [(x: number) => x, Math.abs].map((of) => terms.reduce((sum, term) => sum + of(term), 0));
    const difference = Math.abs(total! - loss(p));
    assert.ok(difference <= 1e-6 * size!, `the outputs differ by ${difference}, of ${size}`);
    for (const [name, { rows, columns }] of Object.entries(p.matrices)) {
      const expected = centralDifferences(p, name);
      const { data } = outputs.get(name)!;
      const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      assert.equal(largest > 0.01, setting.batch === undefined, `the largest gradient by ${name} is ${largest}`);
      assert.equal(data.length, rows * columns);
      let worst = 0;
      for (let i = 0; i < rows * columns; i++) {
        const at = Math.floor(i / columns) * pitch(columns) + i % columns;
        worst = Math.max(worst, Math.abs(data[i]! - expected[at]!));
      }
      assert.ok(worst <= 1e-5 * largest, `the gradient by ${name} differs by ${worst}, its largest is ${largest}`);
    }
    program.dispose();
  });
}

Deno.test("without tiles of keys, attention has no gradient by keys, and says what to do", () => {
  const g = new Graph(tuningOf(gpu), { differentiable: true });
  const { values, out } = trace(g, problemOf(SETTINGS[0]!), false);
  const seed = g.input("seed", "f32", out.shape, "pitched");
  assert.equal(
    caught(() => gradients(g, { of: out, wrt: [values.get("qkv")!], seed })).message,
    "Cannot differentiate attend (attention): its tables must have tiles of keys (keyTiles), got none; " +
      "pack the batch with { gradients: true } and give them in `rows`",
  );
});
