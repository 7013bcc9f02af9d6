/** Problems for the slots of attention. */

import { random } from "../../base/random.ts";
import { TILE_ROWS } from "../attention/attention.ts";
import { attentionApply } from "../attention/attention_apply.ts";
import { pitch, type Variant } from "../kernel.ts";
import { type Launch, prepareLaunch } from "../launch.ts";
import { type AttentionProblem, attentionSamples, type Tensor } from "./attention_samples.ts";
import { firstWrong, matrices, type ModelSizes, type Prepared, type Sample, type Work } from "./work.ts";
import { storesProbabilities } from "../attention/attention_probabilities.ts";
import type { AttentionSlot } from "../tuning/slots.ts";

/** A ragged problem with odd sizes, and those of the model. A narrow layer has a row a sequence, or masked words. */
export function attentionWorks(slot: AttentionSlot, { sequences, tokens, hidden, heads }: ModelSizes): Work[] {
  const rows = { attention_full: [tokens], attention_projected: [16], attention_absorbed: [1, 8] }[slot];
  const headSize = slot === "attention_absorbed" ? hidden : hidden / heads;
  const ragged = slot === "attention_full" ? [[13, 13], [37, 37]] as const : [[3, 13], [9, 37]] as const;
  return [
    { ...attentionWork({ slot, sequences: ragged, heads: 3, headSize: 36 }), untimed: true },
    ...rows.map((rows) => {
      return attentionWork({ slot, sequences: Array(sequences).fill([rows, tokens]), heads, headSize });
    }),
  ];
}

/** Softmax attention of random queries. */
export function attentionWork(problem: AttentionProblem): Work {
  const { sequences, heads, headSize } = problem;
  const width = heads * headSize;
  const rows = sum(sequences.map(([rows]) => rows));
  const { q, k, v } = tensors(problem);
  const tiles = sequences.flatMap(([rowCount, keyCount], i) => {
    const [rowStart, keyStart] = [0, 1].map((part) =>
      sum(sequences.slice(0, i).map((counts) => counts[part] as number))
    );
    return Array.from({ length: Math.ceil(rowCount / TILE_ROWS) }, (_, j) => {
      return [rowStart! + j * TILE_ROWS, Math.min(TILE_ROWS, rowCount - j * TILE_ROWS), keyStart!, keyCount];
    });
  });
  const data = {
    scale: Math.fround(1 / Math.sqrt(headSize)),
    geometry: Uint32Array.from(tiles.flat()),
    keys: pitch(Math.max(...sequences.map(([, keys]) => keys))),
  };
  // Fields of all three kernels; each takes its own.
  const params = {
    tiles: tiles.length,
    heads,
    head_size: headSize,
    q_offset: q.offset,
    q_stride: q.stride,
    q_head: q.head,
    k_offset: k.offset,
    k_stride: k.stride,
    k_head: k.head,
    v_offset: v.offset,
    v_stride: v.stride,
    v_head: v.head,
    q_relative_offset: q.offset,
    q_relative_stride: q.stride,
    q_relative_head: q.head,
    relative_size: headSize,
    out_stride: width,
    out_head: headSize,
    tiles_at: 0,
    query_positions_at: 0,
    key_positions_at: 0,
    center: 0,
    scale: data.scale,
    distance_stride: 0,
    keys: data.keys,
  };
  const buffers = {
    q: q.data,
    k: k.data,
    v: v.data,
    q_relative: q.data,
    geometry: data.geometry,
    distance: 16,
    head_scale: new Float32Array(pitch(heads)).fill(1),
    sums: 4 * rows * heads,
    out: 4 * rows * width,
    probabilities: 4 * rows * heads * data.keys,
  };
  let samples: Sample[] | null = null;
  const judge = (out: Float32Array) => firstWrong(out, samples ??= attentionSamples(problem, { q, k, v, ...data }));

  return {
    name: `${heads} x ${headSize}, ${sequences.map((counts) => counts.join(" to ")).join(", ")}`,
    operations: 4 * width * sum(sequences.map(([rows, keys]) => rows * keys)),
    async prepare(gpu, variant) {
      const { kernel, constants } = variant;
      const first = await prepareLaunch(gpu, kernel, { constants, params, buffers });
      if (!storesProbabilities(variant)) return prepared(variant, [first], judge);
      try {
        first.run();
        const call = { params, buffers: { ...buffers, probabilities: await first.read("probabilities") } };
        return prepared(variant, [first, await prepareLaunch(gpu, attentionApply, call)], judge);
      } catch (error) {
        first.dispose();
        throw error;
      }
    },
  };
}

/** Launches that belong together, one after the other; the last writes `out`. */
function prepared(
  variant: Variant,
  launches: readonly Launch<string>[],
  judge: (out: Float32Array) => string | null,
): Prepared {
  return {
    variant,
    record: (recorder) => launches.forEach((launch) => launch.record(recorder)),
    async check() {
      for (const launch of launches) launch.run();
      return judge(await launches.at(-1)!.read("out"));
    },
    dispose: () => launches.forEach((launch) => launch.dispose()),
  };
}

/** Random queries, keys and values as they lie in the layer's form. */
function tensors({ slot, sequences, heads, headSize }: AttentionProblem): Record<"q" | "k" | "v", Tensor> {
  const [rows, tokens] = [0, 1].map((part) => sum(sequences.map((counts) => counts[part] as number))) as [
    number,
    number,
  ];
  const next = random(tokens);
  const width = heads * headSize;
  const matrix = (rows: number, stride: number) => ({ data: matrices({ rows, columns: stride }, next), stride });
  const apart = { offset: 0, head: headSize };
  if (slot === "attention_full") {
    const fused = { ...matrix(tokens, 3 * width), head: headSize };
    return { q: { ...fused, offset: 0 }, k: { ...fused, offset: width }, v: { ...fused, offset: 2 * width } };
  }
  const q = { ...matrix(rows, width), ...apart };
  if (slot === "attention_projected") {
    const context = { ...matrix(tokens, 2 * width), head: headSize };
    return { q, k: { ...context, offset: 0 }, v: { ...context, offset: width } };
  }
  const context = { ...matrix(tokens, headSize), offset: 0, head: 0 };
  return { q, k: context, v: context };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
