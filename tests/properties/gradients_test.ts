/** Losses and gradients of random models against those of the float64 model. */

import assert from "node:assert/strict";
import {
  type ModelInputs,
  NarrowBertForMaskedLM,
  NarrowBertForMultipleChoice,
  NarrowBertForSequenceClassification,
  NarrowBertForTokenClassification,
  type Tensor,
} from "../../mod.ts";
import { normals } from "../../src/base/random.ts";
import { type LabelledCall, lossOf } from "../reference/model/loss.ts";
import type { Weight, Weights } from "../reference/model/state.ts";
import { randomInts } from "./batches.ts";
import { filesOf, type RandomModel, randomModel } from "./random_models.ts";

const MODELS = Number(Deno.args[0] ?? 60);
const STEP = 1e-5;

const CLASSES = {
  masked_lm: NarrowBertForMaskedLM,
  token_classification: NarrowBertForTokenClassification,
  single_label: NarrowBertForSequenceClassification,
  regression: NarrowBertForSequenceClassification,
  multi_label: NarrowBertForSequenceClassification,
  multiple_choice: NarrowBertForMultipleChoice,
};

function inputsOf(call: LabelledCall): ModelInputs {
  const { inputs, labels } = call;
  if (call.task !== "multiple_choice") return { ...inputs, labels };
  const { choices } = call;
  const grouped = <T>(values: T[]) =>
    Array.from({ length: values.length / choices }, (_, i) => values.slice(i * choices, (i + 1) * choices));
  const { head_mask, ...others } = inputs;
  const split = Object.entries(others).map(([name, values]) => [name, grouped<unknown>(values)]);
  return { ...Object.fromEntries(split), ...(head_mask && { head_mask }), labels };
}

const stats: [number, string][] = [];
let evals = 0;
let gpuTime = 0, refTime = 0;
for (let seed = 0; seed < MODELS; seed++) {
  const random = randomModel(seed);
  const { config, weights, call } = random;
  const t0 = performance.now();
  using model = await CLASSES[call.task].from_pretrained(await filesOf(random));
  const forms = config.position_embedding_type === "relative_key_query" ? ["projected"] as const : ["absorbed", "projected"] as const;
  const results = [];
  for (const narrow of forms) results.push(await model.gradients(inputsOf(call), { narrow }));
  gpuTime += performance.now() - t0;
  const t1 = performance.now();
  const loss = (w: Weights) => { evals++; return lossOf({ config, weights: w }, call); };
  const expected = loss(weights);
  const names = [...weights.keys()];
  const moved = (name: string, u: ArrayLike<number>, h: number): Weights => {
    const { shape, data } = weights.get(name)!;
    return new Map(weights).set(name, { shape, data: data.map((v, i) => v + h * u[i]!) });
  };
  const desc = `seed ${seed} ${call.task} H${config.hidden_size} A${config.num_attention_heads} ${config.full_length_layers}/${config.num_hidden_layers} ${config.hidden_act} ${config.position_embedding_type}`;
  for (const [i, { loss: found }] of results.entries()) {
    const error = Math.abs(found.item() as number - expected) / Math.max(1e-30, Math.abs(expected));
    stats.push([expected === 0 ? Math.abs(found.item() as number) : error / 1e-5, `LOSS ${forms[i]} ${desc} ${expected}`]);
  }
  const normOf = (t: { data: ArrayLike<number> }) => Math.hypot(...Array.from(t.data as ArrayLike<number>));
  const total = results.map(({ gradients }) => Math.hypot(...[...gradients.values()].map((t) => normOf(t as Tensor & { data: Float32Array }))));
  for (const [n, name] of names.entries()) {
    const count = weights.get(name)!.data.length;
    const u0 = normals(seed, 1000 + n, count);
    const size = Math.hypot(...u0);
    const u = Float64Array.from(u0, (v) => v / size);
    const cd = (loss(moved(name, u, STEP)) - loss(moved(name, u, -STEP))) / (2 * STEP);
    for (const [i, { gradients }] of results.entries()) {
      const g = gradients.get(name)!.data as Float32Array;
      const dot = u.reduce((s, v, j) => s + v * g[j]!, 0);
      const err = Math.abs(dot - cd);
      stats.push([err / (1e-5 * normOf({ data: g }) + 1e-7 * total[i]! + 1e-30), `${name} ${forms[i]} ${desc}: ${dot} vs ${cd}, norm ${normOf({ data: g })} total ${total[i]}`]);
    }
  }
  refTime += performance.now() - t1;
}
stats.sort((a, b) => b[0] - a[0]);
for (const [e, w] of stats.slice(0, 25)) console.log(e.toFixed(3), w);
console.log(stats.length, "median", stats[stats.length >> 1]![0], "p99", stats[Math.floor(stats.length * 0.01)]![0]);
console.log({ evals, gpuTime, refTime });
