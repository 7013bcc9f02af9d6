/** The float64 model against the losses and gradients of the golden training cases, which another implementation made. */

import assert from "node:assert/strict";
import {
  NarrowBertForMaskedLM,
  NarrowBertForMultipleChoice,
  NarrowBertForSequenceClassification,
  NarrowBertForTokenClassification,
} from "../../mod.ts";
import type { Tensor } from "../../mod.ts";
import { normals } from "../../src/base/random.ts";
import type { PlainInputs } from "../reference/model/batch.ts";
import { type LabelledCall, lossOf } from "../reference/model/loss.ts";
import type { Weights } from "../reference/model/state.ts";
import { type GoldenCase, goldenModel, goldenNames, readGolden } from "./golden_case.ts";

const CLASSES = {
  NarrowBertForMaskedLM,
  NarrowBertForMultipleChoice,
  NarrowBertForSequenceClassification,
  NarrowBertForTokenClassification,
};

/** Of the loss and of derivatives; the golden files hold f32. */
const BOUND = 1e-6;
const STEP = 1e-5;

/** Rows of a tensor, seen as `[*, columns]`. */
function rowsOf({ data, dims }: Tensor, columns = dims.at(-1)!): number[][] {
  const numbers = Array.from(data, Number);
  return Array.from({ length: numbers.length / columns }, (_, i) => numbers.slice(i * columns, (i + 1) * columns));
}

function callOf({ class: name, options, inputs }: GoldenCase): LabelledCall {
  const { input_ids, attention_mask, token_type_ids, labels } = inputs as Record<string, Tensor>;
  const plain: PlainInputs = {
    input_ids: rowsOf(input_ids!),
    attention_mask: rowsOf(attention_mask!),
    token_type_ids: rowsOf(token_type_ids!),
    position_ids: rowsOf(input_ids!).map((row) => row.map((_, l) => l)),
  };
  const classes = Array.from(labels!.data, Number);
  switch (name) {
    case "NarrowBertForMaskedLM":
      return { task: "masked_lm", inputs: plain, labels: rowsOf(labels!) };
    case "NarrowBertForTokenClassification":
      return { task: "token_classification", inputs: plain, labels: rowsOf(labels!) };
    case "NarrowBertForMultipleChoice":
      return { task: "multiple_choice", inputs: plain, choices: input_ids!.dims[1]!, labels: classes };
  }
  if (options.problem_type === "multi_label_classification") {
    return { task: "multi_label", inputs: plain, labels: rowsOf(labels!) };
  }
  return labels!.type === "float32"
    ? { task: "regression", inputs: plain, labels: rowsOf(labels!, 1) }
    : { task: "single_label", inputs: plain, labels: classes };
}

const cases = (await Promise.all(goldenNames().map(readGolden))).filter(({ gradients }) => gradients.size > 0);

for (const golden of cases) {
  Deno.test(`the float64 model has the loss and the gradients of ${golden.name}`, async () => {
    const Class = CLASSES[golden.class as keyof typeof CLASSES] as typeof NarrowBertForMaskedLM;
    using loaded = await Class.from_pretrained(goldenModel(golden.model));
    const { config } = loaded;
    const tensors = await loaded.state_dict();
    const weights: Weights = new Map(
      [...tensors].map(([name, { dims, data }]) => [name, { shape: dims, data: Float64Array.from(data, Number) }]),
    );
    const call = callOf(golden);
    const loss = lossOf({ config, weights }, call);
    const expected = Number(golden.outputs.get("loss")!.data[0]);
    assert.ok(Math.abs(loss - expected) <= BOUND * expected, `the loss must be ${expected}, got ${loss}`);
    // Random directions in the space of all weights, and that of the gradient itself.
    for (const seed of [1, 2, 3, null]) {
      let [along, size] = [0, 0];
      const directions = [...golden.gradients].map(([name, { data }], i): [string, Float64Array] => {
        const gradient = Float64Array.from(data, Number);
        const length = Math.hypot(...gradient);
        const direction = seed === null || length === 0
          ? gradient
          : Float64Array.from(normals(seed, i, gradient.length), (value) => value / Math.sqrt(gradient.length));
        along += direction.reduce((sum, value, at) => sum + value * gradient[at]!, 0);
        size += length * Math.hypot(...direction);
        return [name, direction];
      });
      const moved = (step: number) => {
        const all = new Map(weights);
        for (const [name, direction] of directions) {
          const { shape, data } = weights.get(name)!;
          all.set(name, { shape, data: data.map((value, i) => value + step * direction[i]!) });
        }
        return lossOf({ config, weights: all }, call);
      };
      const derivative = (moved(STEP) - moved(-STEP)) / (2 * STEP);
      const error = Math.abs(derivative - along);
      assert.ok(error <= BOUND * size, `the derivative must be ${along}, got ${derivative}, of at most ${size}`);
    }
  });
}
