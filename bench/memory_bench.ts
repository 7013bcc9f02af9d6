/**
 * Bytes on the GPU of a call of `bert256`: weights, what the call works in, and what its results come back through. They
 * are held against formulas. A sample is one call, the first of which makes the room that all others use.
 */

import assert from "node:assert/strict";
import { type NarrowBertConfig, NarrowBertForMaskedLM } from "../mod.ts";
import { bert256, LENGTH, narrowMask, SEED, SEQUENCES, tokens } from "./bert256.ts";
import { figures, gpu, report } from "./report.ts";

const isSoftware = gpu.adapterClass === "software";
const ROWS = Math.floor(0.15 * LENGTH);

/** Bytes of a call, or of a model. */
interface Memory {
  weights: number;
  activations: number;
  staging: number;
}

const CALLS = [
  { name: "12 full layers", full: 12, form: "auto" },
  { name: "2:10 absorbed", full: 2, form: "absorbed" },
  { name: "2:10 projected", full: 2, form: "projected" },
] as const;

for (const { name, full, form } of CALLS) {
  const config = bert256(full);
  const inputs = {
    input_ids: tokens(SEQUENCES, LENGTH, config),
    narrow_mask: narrowMask(SEQUENCES, LENGTH, ROWS),
  };
  let found: Memory | null = null;
  Deno.bench({ name, group: "MLM 15% with logits", warmup: 1, n: 1 }, async () => {
    gpu.buffers.trim();
    gpu.staging.trim();
    const taken = () => gpu.buffers.liveBytes + gpu.textures.liveBytes;
    const before = taken();
    using model = await NarrowBertForMaskedLM.from_config(config, { seed: SEED });
    await model.forward(inputs, { narrow: form });
    const { weightBytes, activationBytes } = model;
    const weights = weightBytes + gpu.textures.weightBytes;
    found = { weights, activations: activationBytes, staging: gpu.staging.bytes };
    assert.equal(taken() - before, weights + activationBytes, "all memory is accounted for");
  });
  report(() => {
    if (found === null) return []; // left out by a filter
    const most = formulas(config, { projected: form === "projected" });
    const total = (memory: Memory) => ({ ...memory, total: memory.weights + memory.activations + memory.staging });
    const inMiB = (memory: Memory) =>
      Object.fromEntries(Object.entries(total(memory)).map(([kind, bytes]) => [kind, bytes / 2 ** 20]));
    const title = `memory of MLM 15%, ${SEQUENCES} x ${LENGTH}, ${name}`;
    return [figures({ name: title, unit: "MiB", values: inMiB(found), most: inMiB(most) })];
  });
}

/**
 * What the memory may be at most, all in elements of 4 bytes. T, R, K and B are the capacities: the call's tokens, rows,
 * longest text and texts, rounded up to the next 2^n or 1.5 * 2^n.
 *
 *     weights      exactly the parameters of the model, and on software adapters once more, as textures, those of
 *                  products of more than 64 rows
 *     activations  full layers:      T (max(3 H, F) + 2 H + A K + A)
 *                  rows:             R (max(F, V) + 3 H + 2 A H + A K + A), of which only what the former do not hold
 *                  keys and values:  2 T H for each projected narrow layer
 *                  uploads:          256 bytes for the sizes of each of up to 10 dispatches a layer and 10 more, and
 *                                    for each input; 4 T tokens, and T (1 + 1 / 2) + R (1 + 1 / 2) + 8 B of geometry
 *                  textures:         T (H + F), and R A H in the absorbed form, on software adapters
 *     staging      the results, R V, rounded up to 2^n
 */
function formulas(config: NarrowBertConfig, { projected }: { projected: boolean }): Memory {
  const { hidden_size: h, intermediate_size: f, num_attention_heads: a, vocab_size: v } = config;
  const { num_hidden_layers: layers, full_length_layers: full } = config;
  const [t, r, k, b] = [SEQUENCES * LENGTH, SEQUENCES * ROWS, LENGTH, SEQUENCES].map(capacity) as [
    number,
    number,
    number,
    number,
  ];
  const vectors = 2 * h; // of a LayerNorm
  const layer = 4 * (h * h + h) + (2 * h * f + f + h) + 2 * vectors;
  const embeddings = (v + config.max_position_embeddings + config.type_vocab_size) * h + vectors;
  const head = h * h + h + vectors + v;
  const working = t * (Math.max(3 * h, f) + 2 * h + a * k + a) +
    r * (Math.max(f, v) + 3 * h + 2 * a * h + a * k + a) +
    (projected ? (layers - full) * 2 * t * h : 0);
  const uploads = 64 * (10 * layers + 10 + layers + 4) + 5.5 * t + 1.5 * r + 8 * b;
  return {
    weights: 4 * (embeddings + layers * layer + head + (isSoftware ? layers * layer + h * h + v * h : 0)),
    activations: 4 * (working + uploads + (isSoftware ? t * (h + f) + (projected ? 0 : r * a * h) : 0)),
    staging: 2 ** Math.ceil(Math.log2(4 * r * v)),
  };
}

/** The next 2^n or 1.5 * 2^n. */
function capacity(size: number): number {
  const power = 2 ** Math.floor(Math.log2(size));
  return [power, 1.5 * power, 2 * power].find((most) => size <= most) as number;
}
