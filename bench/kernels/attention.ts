/** Works of the attention kernels: self-attention of a full layer, with and without distances, and the absorbed form. */

import { attention, type Relative } from "../../src/kernels/attention/attention.ts";
import type { attentionApply } from "../../src/kernels/attention/attention_apply.ts";
import type { attentionProbabilities } from "../../src/kernels/attention/attention_probabilities.ts";
import type { Constants } from "../../src/kernels/kernel.ts";
import type { Tuning } from "../../src/kernels/tuning/slots.ts";
import { cases } from "../../tests/conformance/cases/attention.ts";
import { cases as applyCases } from "../../tests/conformance/cases/attention_apply.ts";
import type { Shape } from "../../tests/conformance/cases/attention_data.ts";
import { cases as probabilitiesCases } from "../../tests/conformance/cases/attention_probabilities.ts";
import { MODEL, type Works } from "./work.ts";

const { sequences: SEQUENCES, length: LENGTH, heads: HEADS, width: WIDTH } = MODEL;

const RELATIVES = ["", ", relative_key", ", relative_key_query"] as const;

export function full(relative: Relative): Shape {
  return {
    name: `full ${SEQUENCES} x ${LENGTH}, ${HEADS} x ${WIDTH / HEADS}${RELATIVES[relative]}`,
    sequences: Array.from({ length: SEQUENCES }, () => [LENGTH, LENGTH] as const),
    heads: HEADS,
    headSize: WIDTH / HEADS,
    layout: "fused",
    relative,
  };
}

export function absorbed(rows: number): Shape {
  return {
    name: `absorbed ${SEQUENCES} x ${LENGTH}, ${rows} rows each, ${HEADS} x ${WIDTH}`,
    sequences: Array.from({ length: SEQUENCES }, () => [rows, LENGTH] as const),
    heads: HEADS,
    headSize: WIDTH,
    layout: "shared",
  };
}

/** Billions of operations of the scores, and as many of their application. */
export function gflopOf({ sequences, heads, headSize }: Shape): number {
  return sequences.reduce((sum, [rows, keys]) => sum + 2 * rows * keys * heads * headSize, 0) / 1e9;
}

export function attentionWorks(tuning: Tuning): Works<typeof attention> {
  // The fused kernel runs somewhere on every adapter, if only in the projected form.
  const tuned = [tuning.attention_full, tuning.attention_projected].find(({ kernel }) =>
    kernel.name === attention.name
  );
  const { LANES = 8 } = tuned?.constants ?? {};
  return [full(0), full(1), full(2), absorbed(1), absorbed(10)].flatMap((shape) =>
    [...cases([shape])].map((work) => ({
      ...work,
      name: shape.name,
      constants: { ...work.constants, LANES } as Constants,
      amount: { gflop: (2 + (shape.relative ?? 0)) * gflopOf(shape) },
    }))
  );
}

export function probabilitiesWorks(): Works<typeof attentionProbabilities> {
  return [full(0), full(1), full(2), absorbed(1), absorbed(10)].flatMap((shape) =>
    [...probabilitiesCases([shape])].map((work) => ({
      ...work,
      name: shape.name,
      amount: { gflop: (1 + (shape.relative ?? 0)) * gflopOf(shape) },
    }))
  );
}

export function applyWorks(): Works<typeof attentionApply> {
  return [full(0), absorbed(1), absorbed(10)].flatMap((shape) =>
    [...applyCases([shape])].map((work) => ({ ...work, name: shape.name, amount: { gflop: gflopOf(shape) } }))
  );
}
