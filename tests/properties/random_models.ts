/** Small random models with labelled batches: every head, size, position type and kind of mask. */

import { normals, random } from "../../src/base/random.ts";
import { type ModelInputs, NarrowBertConfig, writeSafetensors } from "../../mod.ts";
import { pitch } from "../../src/kernels/kernel.ts";
import { keepsZero } from "../../src/kernels/rows/activation.ts";
import { ACTIVATIONS } from "../../src/model/config/fields.ts";
import { parameterShapes } from "../model/parts.ts";
import type { PlainInputs } from "../reference/model/batch.ts";
import { type LabelledCall, type LabelOptions, lossOf } from "../reference/model/loss.ts";
import type { Weight, Weights } from "../reference/model/state.ts";
import { randomInts } from "./batches.ts";

/** What is learned; every task of the float64 model. */
const TASKS = [
  "masked_lm",
  "token_classification",
  "single_label",
  "regression",
  "multi_label",
  "multiple_choice",
] as const;

type Task = (typeof TASKS)[number];

/** A model with its weights, and a batch for it. */
export interface RandomModel {
  config: NarrowBertConfig;
  weights: Weights;
  call: LabelledCall;
}

/** Heads in `src/heads/registry.ts` by task. */
export const HEADS: Record<Task, string> = {
  masked_lm: "masked_lm",
  token_classification: "token_classification",
  single_label: "sequence_classification",
  regression: "sequence_classification",
  multi_label: "sequence_classification",
  multiple_choice: "multiple_choice",
};

const PROBLEMS: Partial<Record<Task, string>> = {
  single_label: "single_label_classification",
  regression: "regression",
  multi_label: "multi_label_classification",
};

/** Heads and their size, for H from 5 to 20. LayerNorm of fewer columns has almost no freedom, and rounds worse. */
const SHAPES = [[1, 5], [1, 9], [2, 3], [2, 5], [3, 3], [2, 4], [3, 5], [4, 3], [2, 7], [1, 16], [3, 6], [
  4,
  5,
]] as const;

/** No number that goes through ReLU may be nearer to 0, where it has no derivative. */
const KINK = 1e-3;

/** The model of a seed. */
export function randomModel(seed: number): RandomModel {
  const { head, pooler, config } = randomConfig(seed);
  const shapes = parameterShapes(config, { head, pooler });
  const call = randomCall(taskOf(seed), config, seed + 10_000);
  for (let draw = 0;; draw++) {
    const weights = randomWeights(seed + 100_000 * draw, shapes);
    let nearest = Infinity;
    const onActivation = (value: number) => nearest = Math.min(nearest, Math.abs(value));
    if (config.hidden_act === "relu") lossOf({ config, weights, onActivation }, call);
    if (nearest > KINK) return { config, weights, call };
  }
}

function taskOf(seed: number): Task {
  return TASKS[seed % TASKS.length]!;
}

function randomConfig(seed: number): { config: NarrowBertConfig; head: string; pooler: boolean } {
  const next = randomInts(seed);
  const oneOf = <T>(values: readonly T[]) => values[next(values.length)]!;
  const task = taskOf(seed);
  const [heads, headSize] = oneOf(SHAPES);
  const layers = 1 + next(3);
  const [vocab_size, full_length_layers, inner] = [5 + next(14), next(layers + 1), 3 + next(15)];
  const hidden_act = oneOf(ACTIVATIONS);
  // Rows of those that do not map 0 to 0 have no padding.
  const whole = (size: number) => keepsZero(hidden_act) ? size : pitch(size);
  const config = new NarrowBertConfig({
    vocab_size,
    hidden_size: heads * whole(headSize),
    num_hidden_layers: layers,
    full_length_layers,
    num_attention_heads: heads,
    intermediate_size: whole(inner),
    hidden_act,
    max_position_embeddings: 7 + next(3),
    type_vocab_size: 1 + next(3),
    layer_norm_eps: oneOf([1e-12, 1e-5, 0.1]),
    position_embedding_type: oneOf(["absolute", "absolute", "relative_key", "relative_key_query"]),
    num_labels: task === "regression" ? 1 + next(2) : 2 + next(4),
    ...(PROBLEMS[task] && { problem_type: PROBLEMS[task] }),
    ...(heads > 1 && next(6) === 0 && { pruned_heads: { [next(layers)]: [next(heads)] } }),
    pad_token_id: null,
  });
  return { config, head: HEADS[task], pooler: task !== "masked_lm" && task !== "token_classification" };
}

/** Numbers of a size at which no part of the model is negligible, as f32. */
export function randomWeights(seed: number, shapes: ReadonlyMap<string, readonly number[]>): Weights {
  const entries = [...shapes].map(([name, shape], stream): [string, Weight] => {
    const count = shape.reduce((a, b) => a * b, 1);
    const isNorm = name.endsWith("LayerNorm.weight");
    const isTable = name.includes("embedding");
    const deviation = shape.length === 1 ? 0.3 : isTable ? 0.7 : 1 / Math.sqrt(shape[1]!);
    const data = Float64Array.from(
      normals(seed, stream, count),
      (value) => Math.fround(deviation * value + Number(isNorm)),
    );
    return [name, { shape, data }];
  });
  return new Map(entries);
}

function randomCall(task: Task, config: NarrowBertConfig, seed: number): LabelledCall {
  const next = randomInts(seed);
  const choices = task === "multiple_choice" ? [1, 2, 2, 3, 3, 4][next(6)]! : 1;
  const questions = task === "multiple_choice" ? 1 + next(2) : 1 + next(3);
  const [sequences, length] = [questions * choices, 1 + next(7)];
  const inputs = randomInputs(config, { sequences, length, seed });
  /** The label is -100 for one of `rarity`. */
  const label = (classes: number, rarity: number) => next(rarity) === 0 ? -100 : next(classes);
  const per = <T>(count: number, of: () => T) => Array.from({ length: count }, of);
  const options = randomOptions(task, config, seed);
  switch (task) {
    case "masked_lm":
    case "token_classification": {
      const classes = task === "masked_lm" ? config.vocab_size : config.num_labels;
      const rarity = 1 + next(4);
      const labels = per(sequences, () => per(length, () => label(classes, rarity)));
      return { task, inputs, labels, options };
    }
    case "single_label":
      return { task, inputs, labels: per(sequences, () => label(config.num_labels, 5)), options };
    case "regression":
    case "multi_label": {
      // So far from what a model says that the difference of both is as exact.
      const far = () => (next(2) === 0 ? -1 : 1) * Math.fround(3 + next(1001) / 500);
      const target = () => task === "regression" ? far() : next(2);
      return { task, inputs, labels: per(sequences, () => per(config.num_labels, target)) };
    }
    case "multiple_choice":
      return { task, inputs, choices, labels: per(questions, () => label(choices, 5)), options };
  }
}

/** How the labels count: smoothed in every other call and, if they are classes, by weights, one of which is not 0. */
function randomOptions(task: Task, config: NarrowBertConfig, seed: number): LabelOptions {
  const next = randomInts(seed + 30_000);
  const classes = task === "masked_lm" ? config.vocab_size : config.num_labels;
  const weights = Array.from({ length: classes }, () => next(4) === 0 ? 0 : (1 + next(40)) / 8);
  weights[next(classes)] = 1;
  return {
    ...(next(2) === 0 && { label_smoothing: [0.1, 0.25, 0.9][next(3)]! }),
    ...(task !== "multiple_choice" && next(2) === 0 && { class_weights: weights }),
  };
}

function randomInputs(
  config: NarrowBertConfig,
  { sequences, length, seed }: { sequences: number; length: number; seed: number },
): PlainInputs {
  const next = randomInts(seed + 20_000);
  const real = random(seed);
  const { num_hidden_layers: layers, num_attention_heads: heads } = config;
  const per = <T>(count: number, of: (i: number) => T) => Array.from({ length: count }, (_, i) => of(i));
  const each = <T>(of: (l: number) => T) => per(sequences, () => per(length, of));
  const [embedded, ordered, masked] = [next(8) === 0, next(4) > 0, next(3) > 0];
  const embedding = () => per(config.hidden_size, () => Math.fround(real()));
  return {
    ...(embedded ? { inputs_embeds: each(embedding) } : { input_ids: each(() => next(config.vocab_size)) }),
    attention_mask: each(() => masked && next(4) === 0 ? 0 : 1),
    token_type_ids: each(() => next(config.type_vocab_size)),
    position_ids: each((l) => ordered ? l : next(config.max_position_embeddings)),
    ...(next(3) === 0 && { head_mask: per(layers, () => per(heads, () => [0, 0.5, 1, 1.25][next(4)]!)) }),
  };
}

/** A model's files in memory. */
export async function filesOf({ config, weights }: RandomModel): Promise<Map<string, Uint8Array>> {
  const tensors = [...weights].map(([name, { shape, data }]) =>
    [name, { dtype: "F32" as const, shape: [...shape], data: Float32Array.from(data) }] as const
  );
  const json = new TextEncoder().encode(JSON.stringify(config.to_json()));
  return new Map([["config.json", json], ["model.safetensors", await writeSafetensors(tensors)]]);
}

/** The inputs of a call as a model takes them. */
export function inputsOf(call: LabelledCall): ModelInputs {
  const { inputs, labels } = call;
  if (call.task !== "multiple_choice") return { ...inputs, labels };
  const { choices } = call;
  const { head_mask, ...others } = inputs;
  const questions = Object.entries(others).map(([name, sequences]: [string, unknown[]]) => {
    const firsts = Array.from({ length: sequences.length / choices }, (_, i) => i * choices);
    return [name, firsts.map((first) => sequences.slice(first, first + choices))];
  });
  return { ...Object.fromEntries(questions), ...(head_mask && { head_mask }), labels };
}
