/** A small model in training, and its steps in float64 on the gradients that the GPU computes. */

import {
  type AdamWOptions,
  type LossOptions,
  type ModelInputs,
  NarrowBertConfig,
  NarrowBertForSequenceClassification,
  type SGDOptions,
} from "../../mod.ts";
import { adamw } from "../reference/adamw.ts";
import { sgd } from "../reference/sgd.ts";

/** Two full and two narrow layers; no width is a multiple of 4, and heads are padded. */
export const CONFIG = new NarrowBertConfig({
  vocab_size: 23,
  hidden_size: 10,
  num_hidden_layers: 4,
  full_length_layers: 2,
  num_attention_heads: 2,
  intermediate_size: 13,
  max_position_embeddings: 16,
  num_labels: 3,
  initializer_range: 0.3, // larger than usual, so that no gradient is nearly zero
});

/** Three texts. */
export const BATCH: ModelInputs = {
  input_ids: [[2, 5, 9, 11, 3], [2, 7, 21, 3, 0], [2, 14, 3, 0, 0]],
  attention_mask: [[1, 1, 1, 1, 1], [1, 1, 1, 1, 0], [1, 1, 1, 0, 0]],
  labels: [0, 2, 1],
};

/** Nothing is dropped, so that a gradient is that of the step. */
export const OPTIONS: LossOptions = { dropout: 0 };

/** The same random weights in each test. */
export async function smallModel(): Promise<NarrowBertForSequenceClassification> {
  return await NarrowBertForSequenceClassification.from_config(CONFIG, { seed: 5 });
}

/** What is set for one tensor. */
export interface Setting {
  frozen?: boolean;
  factor?: number;
  decays?: boolean;
}

type Numbers = Float64Array<ArrayBuffer>;

/** Weights and moments in float64, by tensor. */
export class Twin {
  readonly weights = new Map<string, Numbers>();
  readonly #moments = new Map<string, [Numbers, Numbers]>();
  readonly #settings: (name: string) => Setting;
  #steps = 0;

  constructor(weights: ReadonlyMap<string, { data: ArrayLike<number | bigint> }>, settings: (name: string) => Setting) {
    for (const [name, { data }] of weights) {
      this.weights.set(name, Float64Array.from(data, Number));
      this.#moments.set(name, [new Float64Array(data.length), new Float64Array(data.length)]);
    }
    this.#settings = settings;
  }

  /** A step by gradients of all tensors; gives the norm of those that are not frozen. */
  step(
    gradients: ReadonlyMap<string, { data: ArrayLike<number | bigint> }>,
    { lr = 1e-3, weight_decay = 0, max_grad_norm = 1, ...own }: AdamWOptions & SGDOptions,
  ): number {
    this.#steps++;
    const learned = [...gradients].filter(([name]) => !this.#settings(name).frozen).map(([name, { data }]) => {
      return [name, Float64Array.from(data, Number)] as const;
    });
    const norm = Math.hypot(...learned.map(([, data]) => Math.hypot(...data)));
    const clip = max_grad_norm > 0 ? Math.min(1, max_grad_norm / (norm + 1e-6)) : 1;
    for (const [name, g] of learned) {
      const { factor = 1, decays = true } = this.#settings(name);
      const p = this.weights.get(name)!;
      const [first, second] = this.#moments.get(name)!;
      const rate = factor * lr;
      if (own.momentum !== undefined) {
        const { momentum } = own;
        const next = sgd({ g, p, b: first, clip, lr: rate, decay: decays ? weight_decay : 0, momentum });
        this.weights.set(name, next.p);
        this.#moments.set(name, [next.b, second]);
      } else {
        const { betas = [0.9, 0.999], eps = 1e-8 } = own;
        const corrections = betas.map((beta) => 1 - beta ** this.#steps) as [number, number];
        const [rest1, rest2] = betas.map((beta) => 1 - beta) as [number, number];
        const decay = decays ? rate * weight_decay : 0;
        const next = adamw({ g, p, m: first, v: second, clip, corrections, lr: rate, decay, rest1, rest2, eps });
        this.weights.set(name, next.p);
        this.#moments.set(name, [next.m, next.v]);
      }
    }
    return norm;
  }
}
