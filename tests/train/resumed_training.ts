/** A small training with dropout, of which each step follows from its number. */

import {
  AdamW,
  type ModelInputs,
  type NarrowBertConfig,
  NarrowBertForSequenceClassification,
  type Optimizer,
  scheduleOf,
  type Tensor,
} from "../../mod.ts";
import { random } from "../../src/base/random.ts";
import { CONFIG as WITHOUT } from "./small_training.ts";

export const CONFIG: NarrowBertConfig = WITHOUT.with({
  hidden_dropout_prob: 0.1,
  attention_probs_dropout_prob: 0.1,
  id2label: { 0: "noun", 1: "verb", 2: "rest" },
});

/** The model that the training starts from. */
export async function startModel(): Promise<NarrowBertForSequenceClassification> {
  return await NarrowBertForSequenceClassification.from_config(CONFIG, { seed: 5 });
}

/** The groups of the optimizer's settings. */
export const GROUPS = {
  frozen: ["narrow_bert.embeddings.position_embeddings", "*.layer.0.attention.self.key"],
  lr_factors: { classifier: 3 },
};

/** The optimizer; its numbers do not matter if a checkpoint is put in it. */
export function optimizerOf(model: NarrowBertForSequenceClassification, numbers: { seed?: number; lr?: number } = {}) {
  return new AdamW(model, { seed: 77, lr: 0.01, weight_decay: 0.1, ...GROUPS, ...numbers });
}

/** Steps that are under way at once. */
const AT_ONCE = 8;

const factor = scheduleOf("cosine", { warmup_steps: 5, total_steps: 300 });

/** The batch of a step; every fourth comes in two parts. */
function batchOf(step: number): ModelInputs | ModelInputs[] {
  const next = random(1000 + step);
  const whole = (below: number) => Math.min(below - 1, Math.floor((next() + 1) / 2 * below));
  const part = (texts: number): ModelInputs => {
    const lengths = Array.from({ length: texts }, () => 2 + whole(5));
    const width = Math.max(...lengths);
    return {
      input_ids: lengths.map(() => Array.from({ length: width }, () => whole(23))),
      attention_mask: lengths.map((length) => Array.from({ length: width }, (_, i) => Number(i < length))),
      labels: lengths.map(() => whole(3)),
    };
  };
  return step % 4 === 3 ? [part(2), part(1)] : part(3);
}

/** Asks for a step without waiting for it. */
export function ask(optimizer: Optimizer, step: number) {
  optimizer.lr = 0.01 * factor(step);
  return optimizer.step(batchOf(step));
}

/** The losses of the steps from one to before another. A few are under way at once. */
export async function train(optimizer: Optimizer, from: number, to: number): Promise<number[]> {
  const losses: number[] = [];
  for (let first = from; first < to; first += AT_ONCE) {
    const steps = Array.from({ length: Math.min(AT_ONCE, to - first) }, (_, i) => ask(optimizer, first + i));
    for (const step of steps) losses.push((await step).loss);
  }
  return losses;
}

/** The bits of tensors by name, to compare. */
export function bitsOf(tensors: ReadonlyMap<string, Tensor>): Map<string, Uint8Array> {
  return new Map(
    [...tensors].sort().map(([name, { data: { buffer, byteOffset, byteLength } }]) => {
      return [name, new Uint8Array(buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer)];
    }),
  );
}

/** All bits that a training has become. */
export async function allBits(optimizer: Optimizer): Promise<Map<string, Uint8Array>> {
  return new Map([...bitsOf(await optimizer.model.state_dict()), ...bitsOf(await optimizer.state_dict())]);
}
