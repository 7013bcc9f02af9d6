/** Losses and gradients of students of random teachers against the float64 model: its losses, and central differences. */

import assert from "node:assert/strict";
import {
  NarrowBertConfig,
  NarrowBertForMaskedLM,
  NarrowBertForMultipleChoice,
  NarrowBertForSequenceClassification,
  NarrowBertForTokenClassification,
} from "../../mod.ts";
import { normals } from "../../src/base/random.ts";
import { parameterShapes } from "../model/parts.ts";
import { filesOf, HEADS, inputsOf, type RandomModel, randomModel, randomWeights } from "../properties/random_models.ts";
import { distilledLoss } from "../reference/model/distillation.ts";
import type { Weights } from "../reference/model/state.ts";

/** Students: two of each task. */
const STUDENTS = 12;

/** Of a central difference: its own error is about 1e-10 of the loss, by rounding as by the third derivative. */
const STEP = 1e-5;

/** Of a loss in f32, which is a sum of sizes; that of nearly equal rows has an error of the size of its terms. */
const LOSS_BOUND = 1e-5;

/**
 * As for the gradients of a model alone, `tests/properties/gradients_test.ts`: parts of the norm of the tensor's gradient,
 * and of what cancels. Here that is the gradient of all weights, and the distributions whose difference is the gradient by
 * the logits, of size T.
 */
const [OWN_BOUND, SHARED_BOUND] = [2e-5, 2e-7];

const CLASSES = {
  masked_lm: NarrowBertForMaskedLM,
  token_classification: NarrowBertForTokenClassification,
  single_label: NarrowBertForSequenceClassification,
  regression: NarrowBertForSequenceClassification,
  multi_label: NarrowBertForSequenceClassification,
  multiple_choice: NarrowBertForMultipleChoice,
};

/** A teacher of other layers, heads, positions and activation; of another width if `wider`. */
function randomTeacher({ config, call }: RandomModel, seed: number, wider: boolean): RandomModel {
  const { vocab_size, hidden_size, max_position_embeddings, type_vocab_size, num_labels, problem_type } = config;
  const layers = 1 + seed % 3;
  const other = new NarrowBertConfig({
    vocab_size,
    type_vocab_size,
    num_labels,
    max_position_embeddings: max_position_embeddings + seed % 2,
    ...(problem_type !== null && { problem_type }),
    hidden_size: wider ? 22 : hidden_size,
    num_hidden_layers: layers,
    full_length_layers: seed % 2 === 0 ? layers : layers - 1,
    num_attention_heads: wider ? 2 : 1,
    intermediate_size: 13,
    hidden_act: "gelu",
    layer_norm_eps: 1e-5,
    position_embedding_type: seed % 3 === 2 ? "relative_key" : "absolute",
    pad_token_id: null,
  });
  const head = HEADS[call.task];
  const shapes = parameterShapes(other, { head, pooler: !["masked_lm", "token_classification"].includes(head) });
  return { config: other, weights: randomWeights(1_000_000 + seed, shapes), call };
}

/** A student, its teacher, and what it learns. */
function pairOf(seed: number) {
  const student = randomModel(seed + 40);
  const sameWidth = seed % 2 === 0 || student.call.inputs.inputs_embeds !== undefined;
  const lesson = { temperature: [2, 1, 4][seed % 3]!, weight: [0.5, 0.25, 1][seed % 3]!, states: sameWidth ? 0.5 : 0 };
  const teacher = randomTeacher(student, seed, !sameWidth);
  const exact = (weights: Weights) => {
    return distilledLoss({ ...student, weights }, student.call, { ...lesson, teacher });
  };
  return { student, teacher, lesson, exact };
}

for (let seed = 0; seed < STUDENTS; seed++) {
  Deno.test(`the gradients of student ${seed} are those of central differences of its loss in float64`, async () => {
    const { student: random, teacher: taught, lesson, exact } = pairOf(seed);
    const { weights, call } = random;
    const Class = CLASSES[call.task];
    using student = await Class.from_pretrained(await filesOf(random));
    using teacher = await Class.from_pretrained(await filesOf(taught));
    const found = await student.gradients(inputsOf(call), {
      teacher: { model: teacher, ...lesson },
      ...call.options,
    });

    const expected = exact(weights);
    near(found.loss.item() as number, expected.loss, "the loss");
    assert.deepEqual(Object.keys(found.losses!), Object.keys(expected.losses));
    for (const [part, value] of Object.entries(expected.losses)) {
      near(found.losses![part as "soft"], value, `the loss of ${part}`);
    }
    const gradient = new Map([...found.gradients].map(([name, { data }]) => [name, data as Float32Array]));
    const length = Math.hypot(...[...gradient.values()].map((one) => Math.hypot(...one)));
    const cancelling = length + lesson.weight * lesson.temperature;
    let stream = 0;
    for (const [name, { shape, data }] of weights) {
      const one = gradient.get(name)!;
      for (const direction of directionsOf(one, stream++)) {
        const moved = (step: number) => {
          const to = data.map((value, i) => value + step * direction[i]!);
          return exact(new Map(weights).set(name, { shape, data: to })).loss;
        };
        const derivative = (moved(STEP) - moved(-STEP)) / (2 * STEP);
        const along = direction.reduce((sum, value, i) => sum + value * one[i]!, 0);
        const bound = OWN_BOUND * Math.hypot(...one) + SHARED_BOUND * cancelling;
        const error = Math.abs(along - derivative);
        assert.ok(error <= bound, `${call.task}: ${name} must have ${derivative} within ${bound}, got ${along}`);
      }
    }
  });
}

Deno.test("most teachers differ from their students", () => {
  const differ = Array.from({ length: STUDENTS }, (_, seed) => {
    const { student, exact } = pairOf(seed);
    return exact(student.weights).losses.soft > 0.01;
  });
  assert.ok(differ.filter(Boolean).length >= 10);
});

/** Directions of length 1 in the space of a tensor: a random one, and along the element with the largest derivative. */
function directionsOf(gradient: Float32Array, seed: number): Float64Array[] {
  const anywhere = Float64Array.from(normals(seed, 0, gradient.length));
  const largest = gradient.reduce((best, value, i) => Math.abs(value) > Math.abs(gradient[best]!) ? i : best, 0);
  const size = Math.hypot(...anywhere);
  return [anywhere.map((value) => value / size), anywhere.map((_, i) => Number(i === largest))];
}

function near(found: number, expected: number, what: string): void {
  assert.ok(Math.abs(found - expected) <= LOSS_BOUND * Math.abs(expected), `${what} must be ${expected}, got ${found}`);
}
