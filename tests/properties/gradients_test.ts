/** Losses and gradients of random models against the float64 model: its loss, and central differences of that. */

import assert from "node:assert/strict";
import {
  NarrowBertForMaskedLM,
  NarrowBertForMultipleChoice,
  NarrowBertForSequenceClassification,
  NarrowBertForTokenClassification,
} from "../../mod.ts";
import { normals } from "../../src/base/random.ts";
import { requestGpu } from "../../src/gpu/device.ts";
import { useSliceBytes } from "../../src/nn/layout/slices.ts";
import { ACTIVATIONS } from "../../src/model/config/fields.ts";
import { slicedDevice } from "../nn/sliced_device.ts";
import { lossOf } from "../reference/model/loss.ts";
import type { Weights } from "../reference/model/state.ts";
import { randomInts } from "./batches.ts";
import { filesOf, inputsOf, type RandomModel, randomModel } from "./random_models.ts";

/** Models, how many are one test, and how many are computed again with words in slices. */
const [MODELS, TOGETHER, SLICED] = [200, 20, 40];

/**
 * Bytes of slices of words, which are at least four words of the up to 18 that these models have, and of matrices into
 * which projections are joined, from none to nearly all.
 */
const SLICE_BYTES = [1, 600, 3000];

/** Of a central difference: its own error is about 1e-10 of the loss, by rounding as by the third derivative. */
const STEP = 1e-5;

/** Of the loss. */
const LOSS_BOUND = 1e-5;

/**
 * Of the derivative along a direction of length 1: parts of the norm of the tensor's gradient, and of that of all
 * weights. Among these models f32 has an error of up to 4e-6 of a gradient. Where a gradient cancels, as that of a key's
 * bias does, roundings of what cancels are left: 1.2e-7 of all gradients was the most among 600 models.
 */
const [OWN_BOUND, SHARED_BOUND] = [1e-5, 2e-7];

/** Of any derivative: softmaxes have gradients that are differences of numbers up to 1, which may all cancel. */
const ROUNDING = 2 ** -23;

/** Of each tensor: random directions, and single elements beside the one with the largest derivative. */
const [DIRECTIONS, ELEMENTS] = [2, 2];

const CLASSES = {
  masked_lm: NarrowBertForMaskedLM,
  token_classification: NarrowBertForTokenClassification,
  single_label: NarrowBertForSequenceClassification,
  regression: NarrowBertForSequenceClassification,
  multi_label: NarrowBertForSequenceClassification,
  multiple_choice: NarrowBertForMultipleChoice,
};

/** A gradient by weights, by their names. */
type Gradient = Map<string, Float32Array>;

/** A loss and its gradient, as the GPU computes them in one form of the narrow layers. */
interface Found {
  form: "absorbed" | "projected";
  loss: number;
  gradient: Gradient;
}

async function computed(random: RandomModel, device?: GPUDevice): Promise<Found[]> {
  const { config, call } = random;
  using model = await CLASSES[call.task].from_pretrained(await filesOf(random), { ...(device && { device }) });
  const hasBoth = config.position_embedding_type !== "relative_key_query";
  const found: Found[] = [];
  for (const form of hasBoth ? ["absorbed", "projected"] as const : ["projected"] as const) {
    const { loss, gradients } = await model.gradients(inputsOf(call), { narrow: form, ...call.options });
    const gradient = new Map([...gradients].map(([name, { data }]) => [name, data as Float32Array]));
    found.push({ form, loss: loss.item() as number, gradient });
  }
  return found;
}

/** Directions of length 1 in the space of a tensor, some of them along one element. */
function directionsOf(count: number, { seed, largest }: { seed: number; largest: number }): Float64Array[] {
  const next = randomInts(seed);
  const elements = [largest, ...Array.from({ length: ELEMENTS }, () => next(count))];
  const axes = elements.map((at) => Float64Array.from({ length: count }, (_, i) => i === at ? 1 : 0));
  const anywhere = Array.from({ length: DIRECTIONS }, (_, i) => {
    const direction = Float64Array.from(normals(seed, i, count));
    return direction.map((value) => value / Math.hypot(...direction));
  });
  return [...anywhere, ...axes];
}

/** Checks a model; `where` names it. */
function check({ config, weights, call }: RandomModel, found: readonly Found[], where: string): void {
  const loss = (all: Weights) => lossOf({ config, weights: all }, call);
  const expected = loss(weights);
  for (const { form, loss } of found) {
    const error = Math.abs(loss - expected);
    assert.ok(error <= LOSS_BOUND * expected, `${where}, ${form}: the loss must be ${expected}, got ${loss}`);
  }
  const lengths = found.map(({ gradient }) => Math.hypot(...[...gradient.values()].map((one) => Math.hypot(...one))));
  let stream = 0;
  for (const [name, { shape, data }] of weights) {
    const [{ gradient: first }] = found as [Found];
    const largest = first.get(name)!.reduce(
      (best, value, i, all) => Math.abs(value) > Math.abs(all[best]!) ? i : best,
      0,
    );
    for (const direction of directionsOf(data.length, { seed: stream++, largest })) {
      const moved = (step: number) => {
        const to = data.map((value, i) => value + step * direction[i]!);
        return loss(new Map(weights).set(name, { shape, data: to }));
      };
      const derivative = (moved(STEP) - moved(-STEP)) / (2 * STEP);
      for (const [i, { form, gradient }] of found.entries()) {
        const one = gradient.get(name)!;
        const along = direction.reduce((sum, value, i) => sum + value * one[i]!, 0);
        const bound = OWN_BOUND * Math.hypot(...one) + SHARED_BOUND * lengths[i]! + ROUNDING;
        const error = Math.abs(along - derivative);
        assert.ok(error <= bound, `${where}, ${form}: ${name} must have ${derivative} within ${bound}, got ${along}`);
      }
    }
  }
}

for (let first = 0; first < MODELS; first += TOGETHER) {
  Deno.test(`gradients of random models ${first} to ${first + TOGETHER - 1} are those of central differences`, async () => {
    for (let seed = first; seed < first + TOGETHER; seed++) {
      const random = randomModel(seed);
      const found = await computed(random);
      const { config, weights, call } = random;
      for (const { gradient } of found) assert.deepEqual([...gradient.keys()].sort(), [...weights.keys()].sort());
      check(random, found, `model ${seed} (${call.task}, ${JSON.stringify(config.to_json())})`);
    }
  });
}

for (let first = 0; first < SLICED; first += TOGETHER) {
  Deno.test(`so are those of models ${first} to ${first + TOGETHER - 1} with words in slices`, async () => {
    const device = await slicedDevice(Infinity);
    for (let seed = first; seed < first + TOGETHER; seed++) {
      useSliceBytes(await requestGpu({ device }), SLICE_BYTES[seed % SLICE_BYTES.length]!);
      const random = randomModel(seed);
      const found = await computed(random, device);
      for (const { gradient } of found) {
        assert.deepEqual([...gradient.keys()].sort(), [...random.weights.keys()].sort());
      }
      check(random, found, `model ${seed} in slices (${random.call.task})`);
    }
  });
}

Deno.test("the same inputs give the same bits of gradients", async () => {
  for (let seed = 0; seed < 12; seed++) {
    const random = randomModel(seed);
    assert.deepEqual(await computed(random), await computed(random), `model ${seed}`);
  }
});

Deno.test("at least 10 of the random models are of each kind, 3 of each activation, and few have no loss", () => {
  const counts = new Map<string, number>();
  const count = (kind: string, is = true) => counts.set(kind, (counts.get(kind) ?? 0) + Number(is));
  for (let seed = 0; seed < MODELS; seed++) {
    const { config, weights, call } = randomModel(seed);
    const { num_hidden_layers: layers, full_length_layers: full, position_embedding_type: positions } = config;
    const { attention_mask: masks, head_mask, inputs_embeds } = call.inputs;
    count(call.task);
    count(config.hidden_act);
    count(`${full} full layers of ${layers}`);
    count(positions, full > 0);
    count(`${positions} of narrow layers`, full < layers);
    count("a head size that is no multiple of 4", config.headSize % 4 !== 0);
    count("a width that is no multiple of 4", config.hidden_size % 4 !== 0);
    count("pruned heads", Object.keys(config.pruned_heads).length > 0);
    count("a head mask", head_mask !== undefined);
    count("given embeddings", inputs_embeds !== undefined);
    count("masked tokens", masks.flat().includes(0));
    count("a sequence without keys", masks.some((mask) => !mask.includes(1)));
    count("smoothed labels", call.options?.label_smoothing !== undefined);
    count("labels with weights", call.options?.class_weights !== undefined);
    count("smoothed labels with weights", Object.keys(call.options ?? {}).length === 2);
    count("a loss", lossOf({ config, weights }, call) > 0);
  }
  const missing = [...Object.keys(CLASSES), ...ACTIVATIONS].filter((kind) => !counts.has(kind));
  assert.deepEqual(missing, []);
  const least = (kind: string) => (ACTIVATIONS as readonly string[]).includes(kind) ? 3 : 10;
  assert.deepEqual([...counts].filter(([kind, models]) => models < least(kind)), []);
  assert.ok(counts.get("a loss")! > 0.85 * MODELS);
});
