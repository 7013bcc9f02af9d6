/** Gradients of attention that are wrong. */

import type { AttentionAttributes, AttentionInputs } from "../../src/graph/ops/attention/call.ts";
import { attentionDistanceGradient } from "../../src/graph/ops/training/attention/distance_gradient.ts";
import { attentionDropout } from "../../src/graph/ops/training/attention/dropout.ts";
import { attentionKeyGradient } from "../../src/graph/ops/training/attention/key_gradient.ts";
import { attentionProbabilities } from "../../src/graph/ops/training/attention/probabilities.ts";
import { attentionQueryGradient } from "../../src/graph/ops/training/attention/query_gradient.ts";
import { attentionScoreGradient } from "../../src/graph/ops/training/attention/score_gradient.ts";
import { zeros } from "../../src/graph/ops/training/zeros.ts";
import type { Dim } from "../../src/graph/shape.ts";
import type { Value } from "../../src/graph/value.ts";
import { attend } from "./wrong_products.ts";
import { label, type Values, type Wrong } from "./wrong_values.ts";

/** Sizes of 2 heads of size 4, and tiles. */
function heads({ g }: Values) {
  return { heads: 2, headSize: 4, tiles: { at: g.scalar("at"), count: g.scalar("tiles") } };
}

function positions({ g }: Values, center: number) {
  return { queryPositionsAt: g.scalar("rowsAt"), keyPositionsAt: g.scalar("tokensAt"), center };
}

/** A gradient so far. */
function sum({ g }: Values, ...shape: Dim[]): Value {
  return zeros(g, { label: "sum", shape });
}

/** The gradient of scores that is right but for `change`. */
function scores(
  v: Values,
  change: Partial<Record<"probabilities" | "dropped" | "dOut" | "dSums" | "v" | "geometry", Value>>,
): void {
  const probabilities = v.f32("R", 2, "K");
  const inputs = {
    probabilities,
    dropped: probabilities,
    dOut: v.f32("R", 8),
    dSums: undefined,
    v: v.f32("T", 8),
    geometry: v.u32("G"),
    headScale: v.tight(4),
  };
  const attributes = { ...heads(v), v: { distance: 4 }, scale: 0.5 };
  attentionScoreGradient(v.g, { label, inputs: { ...inputs, ...change }, attributes });
}

/** The gradient of queries that is right but for `change`. */
function queries(
  v: Values,
  change: Partial<Record<"to" | "x", Value>>,
  attributes: Partial<Parameters<typeof attentionQueryGradient>[1]["attributes"]> = {},
): void {
  const inputs = { to: sum(v, "R", 8), dScores: v.f32("R", 2, "K"), x: v.f32("T", 8), geometry: v.u32("G") };
  attentionQueryGradient(v.g, {
    label,
    inputs: { ...inputs, ...change },
    attributes: { ...heads(v), x: { distance: 4 }, to: { distance: 4 }, positions: null, ...attributes },
  });
}

/** The gradient of keys that is right but for `change`. */
function keys(v: Values, change: Partial<Record<"to" | "weights" | "x", Value>>): void {
  const inputs = { to: sum(v, "T", 8), weights: v.f32("R", 2, "K"), x: v.f32("R", 8), geometry: v.u32("G") };
  attentionKeyGradient(v.g, {
    label,
    inputs: { ...inputs, ...change },
    attributes: { ...heads(v), x: { distance: 4 }, to: { distance: 4 }, positions: null },
  });
}

/** The gradient of 7 distances that is right but for `change`. */
function distances(v: Values, change: Partial<Record<"to" | "x", Value>>): void {
  const inputs = { to: sum(v, 7, 4), dScores: v.f32("R", 2, "K"), x: v.f32("R", 8), geometry: v.u32("G") };
  attentionDistanceGradient(v.g, {
    label,
    inputs: { ...inputs, ...change },
    attributes: { ...heads(v), x: { distance: 4 }, byKeys: false, positions: positions(v, 3) },
  });
}

/** The probabilities of an attention with other attributes. */
function probabilities(v: Values, change: Partial<AttentionAttributes>): void {
  attend(v, () => ({}));
  const site = v.g.tape.entries.at(-1)!;
  const at = v.g.scalar("at");
  const attributes: AttentionAttributes = {
    q: { distance: 4 },
    k: { offset: 8, distance: 4 },
    v: { offset: 16, distance: 4 },
    qRelative: null,
    tiles: { at, count: at },
    queryPositionsAt: at,
    keyPositionsAt: at,
    keyTiles: null,
    dropout: null,
    keys: "K",
    heads: 2,
    headSize: 4,
    scale: 0.5,
    relative: null,
    form: "stored",
    ...change,
  };
  attentionProbabilities(v.g, { label, inputs: site.inputs as AttentionInputs, attributes });
}

/** Dropout that is right but for `change`. */
function drop(v: Values, change: Partial<Parameters<typeof attentionDropout>[1]>): void {
  const [seed, step] = [v.g.scalar("seed"), v.g.scalar("step")];
  attentionDropout(v.g, { label, p: v.f32("R", 2, "K"), seed, step, rate: 0.1, stream: 3, ...change });
}

/** What the wrong graphs vary. */
export function differentiateAttention(v: Values): void {
  scores(v, {});
  queries(v, {});
  queries(v, { x: v.f32(7, 4) }, { x: { distance: 0 }, positions: positions(v, 3) });
  keys(v, {});
  distances(v, {});
  probabilities(v, {});
  drop(v, {});
}

/** Wrong graphs of these ops. */
export const WRONG_ATTENTION_GRADIENTS: Wrong[] = [
  [
    "attention_dropout",
    "probabilities of no heads",
    (v) => drop(v, { p: v.f32("R", "K") }),
    "p must be [*, *, *], got [R, K]",
  ],
  ["attention_dropout", "a rate above 1", (v) => drop(v, { rate: 1.5 }), "rate must be from 0 to 1, got 1.5"],
  [
    "attention_probabilities",
    "dropout without stored probabilities",
    (v) =>
      probabilities(v, {
        form: {},
        dropout: { seed: v.g.scalar("seed"), step: v.g.scalar("step"), rate: 0.1, stream: 0 },
      }),
    "form must be stored under dropout, got another",
  ],
  [
    "attention_probabilities",
    "keys that leave their rows",
    (v) => probabilities(v, { k: { offset: 20, distance: 4 } }),
    "k must have rows of 28 columns or more, got [T, 24]",
  ],
  [
    "attention_score_gradient",
    "probabilities of other heads",
    (v) => scores(v, { probabilities: v.f32("R", 3, "K") }),
    "probabilities must be [*, 2, *], got [R, 3, K]",
  ],
  [
    "attention_score_gradient",
    "probabilities after dropout of other rows",
    (v) => scores(v, { dropped: v.f32("T", 2, "K") }),
    "dropped must be [R, 2, K], got [T, 2, K]",
  ],
  [
    "attention_score_gradient",
    "sums of other heads",
    (v) => scores(v, { dSums: v.tight("R", 3) }),
    "dSums must be [R, 2], got [R, 3]",
  ],
  [
    "attention_score_gradient",
    "gradients of other rows",
    (v) => scores(v, { dOut: v.f32("T", 8) }),
    "dOut must be [R, 8], got [T, 8]",
  ],
  [
    "attention_score_gradient",
    "values of one head",
    (v) => scores(v, { v: v.f32("T", 4) }),
    "v must have rows of 8 columns or more, got [T, 4]",
  ],
  [
    "attention_score_gradient",
    "tables of numbers",
    (v) => scores(v, { geometry: v.tight("G") }),
    "geometry must be u32, got tight f32 [G]",
  ],
  [
    "attention_query_gradient",
    "a gradient of other rows",
    (v) => queries(v, { to: v.f32("T", 8) }),
    "to must be [R, 8], got [T, 8]",
  ],
  [
    "attention_query_gradient",
    "heads that share their queries",
    (v) => queries(v, {}, { to: { distance: 0 } }),
    "distance of to must be 4 or more, got 0",
  ],
  [
    "attention_query_gradient",
    "a center outside the distances",
    (v) => queries(v, { x: v.f32(7, 4) }, { x: { distance: 0 }, positions: positions(v, 7) }),
    "center must be a whole number from 0 to 6, got 7",
  ],
  [
    "attention_key_gradient",
    "queries of other rows",
    (v) => keys(v, { x: v.f32("T", 8) }),
    "x must be [R, 8], got [T, 8]",
  ],
  [
    "attention_key_gradient",
    "integers",
    (v) => keys(v, { weights: v.u32("R", 2, "K") }),
    "weights must be f32, got u32 [R, 2, K]",
  ],
  [
    "attention_distance_gradient",
    "distances of another head size",
    (v) => distances(v, { to: v.f32(7, 8) }),
    "distance must have rows of 4 columns, padding included, got [7, 8]",
  ],
  [
    "attention_distance_gradient",
    "queries of other rows",
    (v) => distances(v, { x: v.f32("T", 8) }),
    "x must be [R, 8], got [T, 8]",
  ],
];
