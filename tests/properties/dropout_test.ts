/** Gradients with dropout: the forms of narrow attention drop the same elements, so they agree with dropout too. */

import assert from "node:assert/strict";
import { NarrowBertForMaskedLM, NarrowBertForSequenceClassification } from "../../mod.ts";
import { filesOf, inputsOf, type RandomModel, randomModel } from "./random_models.ts";

const CLASSES = {
  masked_lm: NarrowBertForMaskedLM,
  single_label: NarrowBertForSequenceClassification,
  regression: NarrowBertForSequenceClassification,
  multi_label: NarrowBertForSequenceClassification,
};

type Task = keyof typeof CLASSES;

/** Models of each task. */
const MODELS = 8;

/** Of a gradient: a part of its largest element. Among these models the most is 1.4e-5. */
const BOUND = 1e-4;

/** Of a gradient that is zero but for roundings, as that of a key's bias: a part of the largest element of all. */
const ZERO_BOUND = 1e-6;

/** Random models of a task with narrow layers that have both forms. */
function* modelsOf(task: Task): Generator<[name: string, model: RandomModel]> {
  let count = 0;
  for (let seed = 0; count < MODELS; seed++) {
    const random = randomModel(seed);
    const { num_hidden_layers, full_length_layers, position_embedding_type } = random.config;
    if (random.call.task !== task || full_length_layers === num_hidden_layers) continue;
    if (position_embedding_type === "relative_key_query") continue;
    count++;
    yield [`model ${seed}`, random];
  }
}

interface Options {
  narrow: "absorbed" | "projected";
  dropout: number;
  seed: number;
  gradient_checkpointing?: boolean;
}

interface Found {
  loss: number;
  /** By the names of weights. */
  gradients: Map<string, Float32Array>;
}

/** What one model computes by several options. */
async function foundBy(random: RandomModel, all: readonly Options[]): Promise<Found[]> {
  using model = await CLASSES[random.call.task as Task].from_pretrained(await filesOf(random));
  const inputs = inputsOf(random.call);
  const found = await Promise.all(all.map((options) => model.gradients(inputs, options)));
  return found.map(({ loss, gradients }) => ({
    loss: loss.item() as number,
    gradients: new Map([...gradients].map(([name, { data }]) => [name, data as Float32Array])),
  }));
}

const largest = (data: Float32Array) => data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
const difference = (one: Float32Array, other: Float32Array) => largest(one.map((value, i) => value - other[i]!));

/**
 * Whether a gradient is zero but for roundings: that of a key's bias, and of all queries and keys if no token has a choice,
 * because each text has one.
 */
function isZero({ call: { inputs } }: RandomModel, weight: string): boolean {
  if (weight.endsWith(".self.key.bias")) return true;
  const keys = (inputs.attention_mask ?? inputs.input_ids ?? inputs.inputs_embeds) as number[][];
  return keys.every(({ length }) => length === 1) && /\.self\.(query|key|distance_embedding)\b/.test(weight);
}

for (const task of Object.keys(CLASSES) as Task[]) {
  for (const dropout of [0.3, 0.5]) {
    Deno.test(`${task}: both forms of narrow attention have the same gradients at dropout ${dropout}`, async () => {
      let changed = 0;
      for (const [name, random] of modelsOf(task)) {
        const options = { dropout, seed: 11 };
        const [one, other, dry] = await foundBy(random, [
          { narrow: "absorbed", ...options },
          { narrow: "projected", ...options },
          { narrow: "projected", ...options, dropout: 0 },
        ]) as [Found, Found, Found];
        assert.ok(Math.abs(one.loss - other.loss) <= 1e-5 * other.loss, `${name}: losses ${one.loss}, ${other.loss}`);
        const most = Math.max(...[...other.gradients.values()].map(largest));
        for (const [weight, data] of other.gradients) {
          const bound = isZero(random, weight) ? ZERO_BOUND * most : BOUND * largest(data);
          const error = difference(one.gradients.get(weight)!, data);
          assert.ok(error <= bound, `${name}: ${weight} is off by ${error}, the bound is ${bound}`);
        }
        if (Math.abs(other.loss - dry.loss) > 1e-2 * dry.loss) changed++;
      }
      assert.ok(changed > MODELS / 2, `dropout changed ${changed} of ${MODELS} losses`);
    });
  }
}

Deno.test("layers that are computed again for their gradients drop the same elements again", async () => {
  for (const task of Object.keys(CLASSES) as Task[]) {
    for (const [name, random] of modelsOf(task)) {
      for (const narrow of ["absorbed", "projected"] as const) {
        const options = { narrow, dropout: 0.3, seed: 12 };
        const [kept, again] = await foundBy(random, [options, { ...options, gradient_checkpointing: true }]);
        assert.deepEqual(again, kept, `${name}, ${narrow}`);
      }
    }
  }
});
