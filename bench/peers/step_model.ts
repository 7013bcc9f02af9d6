/** What a training step of a masked language model starts from, for parties that build it of their own operations. */

import { NarrowBertConfig, readSafetensors } from "../../mod.ts";
import { difference } from "../bert256.ts";
import { type MaskedBatch, maskedBatch } from "../training.ts";
import type { StepWork } from "./works.ts";

/** AdamW as all parties run it, without clipping. Biases and the weights of LayerNorms do not decay. */
export const ADAMW = { lr: 1e-4, betas: [0.9, 0.999], eps: 1e-8, weight_decay: 0.01 } as const;

/** A weight of a checkpoint; those of linear layers are `[out, in]`. */
export interface Weight {
  readonly shape: readonly number[];
  readonly data: Float32Array<ArrayBuffer>;
}

/** A model before its first step, and a batch. */
export interface StepModel {
  readonly config: NarrowBertConfig;
  /** By names without the body's prefix, sorted. */
  readonly weights: ReadonlyMap<string, Weight>;
  readonly batch: MaskedBatch;
  /** All sequences one after the other. */
  readonly ids: Int32Array<ArrayBuffer>;
  /** Which of the tokens are masked, and their words. */
  readonly rows: Int32Array<ArrayBuffer>;
  readonly labels: Int32Array<ArrayBuffer>;
}

const BODY = "narrow_bert.";

export async function stepModel({ folder, sequences }: Pick<StepWork, "folder" | "sequences">): Promise<StepModel> {
  const config = new NarrowBertConfig(JSON.parse(await Deno.readTextFile(`${folder}/config.json`)));
  const tensors = await readSafetensors(await Deno.readFile(`${folder}/model.safetensors`));
  const weights = new Map<string, Weight>();
  for (const [name, { shape, data }] of [...tensors].sort(([a], [b]) => a < b ? -1 : 1)) {
    weights.set(shortName(name), { shape, data: Float32Array.from(data as Float32Array) });
  }
  const batch = maskedBatch(sequences, config);
  const labels = Int32Array.from(batch.labels.flat());
  return {
    config,
    weights,
    batch,
    ids: Int32Array.from(batch.input_ids.flat()),
    rows: Int32Array.from(labels.keys()).filter((at) => labels[at]! >= 0),
    labels: labels.filter((label) => label >= 0),
  };
}

/** A checkpoint's name without the body's prefix. */
export function shortName(name: string): string {
  return name.startsWith(BODY) ? name.slice(BODY.length) : name;
}

/** Whether a weight is that of a linear layer, which a party may keep as `[in, out]`. */
export function isLinear(name: string): boolean {
  return name.endsWith(".weight") && !name.includes("LayerNorm") && !name.includes("embeddings");
}

/** Whether AdamW makes a weight decay. */
export function decays(name: string): boolean {
  return !name.endsWith("bias") && !name.includes("LayerNorm");
}

/** `[rows, columns]` as `[columns, rows]`. */
export function transposed({ shape: [rows = 0, columns = 0], data }: Weight): Weight {
  const turned = new Float32Array(data.length);
  for (let r = 0; r < rows; r++) for (let c = 0; c < columns; c++) turned[c * rows + r] = data[r * columns + c]!;
  return { shape: [columns, rows], data: turned };
}

/**
 * How much a party's loss, loss of the third step, and gradients differ from another's: the largest difference of a
 * gradient, as a share of the largest number in that of the weight. Losses count ten times, as the first steps change
 * them by about a hundredth.
 */
export function stepDifference({ weights }: StepModel, found: Float32Array, expected: Float32Array): number {
  if (found.length !== expected.length) return Infinity;
  const share = (from: number, end: number, scale: number) =>
    difference(found.subarray(from, end), expected.subarray(from, end)) / scale;
  const errors = [0, 1].map((at) => 10 * share(at, at + 1, expected[at]!));
  const sizes = new Map<string, number>();
  let at = 2;
  for (const [name, { data: { length } }] of weights) {
    sizes.set(name, largest(expected.subarray(at, at + length)));
    at += length;
  }
  at = 2;
  for (const [name, { data: { length } }] of weights) {
    // A key's bias adds the same to all scores of a query, so its gradient is zero but for rounding.
    const scale = sizes.get(name.replace("self.key.bias", "self.query.bias"))!;
    errors.push(share(at, at + length, scale));
    at += length;
  }
  return Math.max(...errors);
}

function largest(numbers: Float32Array): number {
  return numbers.reduce((most, number) => Math.max(most, Math.abs(number)), 0);
}
