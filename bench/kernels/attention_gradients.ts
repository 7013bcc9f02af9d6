/** Works of dropout and gradients of attention: of a full layer, with and without distances, and of the absorbed form. */

import type { attentionDistanceGradient } from "../../src/kernels/training/attention/attention_distance_gradient.ts";
import type { attentionDropout } from "../../src/kernels/training/attention/attention_dropout.ts";
import type { attentionKeyGradient } from "../../src/kernels/training/attention/attention_key_gradient.ts";
import type { attentionQueryGradient } from "../../src/kernels/training/attention/attention_query_gradient.ts";
import type { attentionScoreGradient } from "../../src/kernels/training/attention/attention_score_gradient.ts";
import { cases as distanceCases } from "../../tests/conformance/cases/attention_distance_gradient.ts";
import { dropoutCase } from "../../tests/conformance/cases/attention_dropout.ts";
import { cases as keyCases } from "../../tests/conformance/cases/attention_key_gradient.ts";
import { cases as queryCases } from "../../tests/conformance/cases/attention_query_gradient.ts";
import { cases as scoreCases } from "../../tests/conformance/cases/attention_score_gradient.ts";
import { absorbed, full, gflopOf } from "./attention.ts";
import { elements, MODEL, type Works } from "./work.ts";

export function attentionDropoutWorks(): Works<typeof attentionDropout> {
  const { rows, heads, length } = MODEL;
  const test = dropoutCase({ rows: rows * heads, columns: length, rate: Math.fround(0.1) });
  return [{ ...test, name: `${rows} x ${heads} x ${length}`, amount: elements(2 * rows * heads * length) }];
}

export function scoreGradientWorks(): Works<typeof attentionScoreGradient> {
  return [full(0), absorbed(10)].flatMap((shape) =>
    [...scoreCases([shape])].map((work) => ({ ...work, name: shape.name, amount: { gflop: gflopOf(shape) } }))
  );
}

export function queryGradientWorks(): Works<typeof attentionQueryGradient> {
  return [full(0), full(1), absorbed(10)].flatMap((shape) =>
    [...queryCases([shape])].map((work) => ({ ...work, name: shape.name, amount: { gflop: gflopOf(shape) } }))
  );
}

export function keyGradientWorks(): Works<typeof attentionKeyGradient> {
  return [full(0), full(2), absorbed(10)].flatMap((shape) =>
    [...keyCases([shape])].map((work) => ({ ...work, name: shape.name, amount: { gflop: gflopOf(shape) } }))
  );
}

export function distanceGradientWorks(): Works<typeof attentionDistanceGradient> {
  return [full(1), full(2)].flatMap((shape) =>
    [...distanceCases([shape])].map((work) => ({ ...work, name: shape.name, amount: { gflop: gflopOf(shape) } }))
  );
}
