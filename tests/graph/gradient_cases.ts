/** Small programs of ops on rows and of losses, each traced, and the same in float64. */

import { random } from "../../src/base/random.ts";
import { crossEntropy } from "../../src/graph/ops/losses/cross_entropy.ts";
import { mean } from "../../src/graph/ops/losses/mean.ts";
import { type PointwiseLoss, pointwiseLoss } from "../../src/graph/ops/losses/pointwise_loss.ts";
import { linear } from "../../src/graph/ops/products/linear.ts";
import { linearSlices } from "../../src/graph/ops/products/linear_slices.ts";
import { activation } from "../../src/graph/ops/rows/activation.ts";
import { embeddings } from "../../src/graph/ops/rows/embeddings.ts";
import { gatherWords } from "../../src/graph/ops/rows/gather_words.ts";
import { layerNorm } from "../../src/graph/ops/rows/layer_norm.ts";
import { meanRows } from "../../src/graph/ops/rows/mean_rows.ts";
import type { Value } from "../../src/graph/value.ts";
import { NO_LABEL } from "../../src/kernels/losses/cross_entropy.ts";
import { POINTWISE_LOSSES } from "../../src/kernels/losses/pointwise_loss.ts";
import { ACTIVATION_CODES, type ActivationName, keepsZero } from "../../src/kernels/rows/activation.ts";
import { inverseIndex } from "../../src/model/batch/inverse_index.ts";
import { activate } from "../reference/activation.ts";
import { crossEntropy as crossEntropyTwin } from "../reference/cross_entropy.ts";
import { embeddings as embeddingsTwin } from "../reference/embeddings.ts";
import { meanRows as meanRowsTwin } from "../reference/mean_rows.ts";
import { pointwiseLoss as pointwiseTwin } from "../reference/pointwise_loss.ts";
import { reduceSum } from "../reference/reduce_sum.ts";
import { type Matrix, matrixOf, pitched, times, transposed } from "./buffers.ts";
import { distillationCases } from "./distillation_cases.ts";
import { cut, EPS, type Given, type GradientCase, map, type Matrices, normal, plus, wide } from "./gradient_case.ts";

const [WIDTH, INNER] = [6, 9];
const [VOCABULARY, POSITIONS, TYPES] = [11, 5, 2];
const next = random(59);

const fixed = (rows: number, columns: number) => ({ shape: [rows, columns], matrix: matrixOf(rows, columns, next) });
const rowsOf = (tokens: number, columns: number, of = next) => ({
  shape: ["T", columns],
  matrix: matrixOf(tokens, columns, of),
});
/** A vector of one dimension. */
const vector = (columns: number) => ({ shape: [columns], matrix: matrixOf(1, columns, next) });

/** Words, positions and types of tokens, some of them of the same word, and for each table which tokens use its rows. */
function tokensOf(count: number): { tokens: Uint32Array<ArrayBuffer>; given: Given } {
  const ids = Array.from({ length: count }, (_, t) => [[3, 8, 3, 3, 10, 0, 8][t % 7]!, t % 2, t % POSITIONS, 99]);
  const tokens = Uint32Array.from(ids.flat());
  const inverse = (name: string, column: number, rows: number) => {
    const { starts, order } = inverseIndex(tokens, { count: rows, column, stride: 4 });
    return { [`${name}Starts`]: { shape: [rows + 1], data: starts }, [`${name}Order`]: { shape: ["T"], data: order } };
  };
  const tables = {
    ...inverse("word", 0, VOCABULARY),
    ...inverse("type", 1, TYPES),
    ...inverse("position", 2, POSITIONS),
  };
  return { tokens, given: { tokens: { shape: ["T", 4], data: tokens }, ...tables } };
}

function embedded(all: Matrices, tokens: Uint32Array, embeds: boolean): Matrix {
  const { words, positions, types, weight, bias } = all as Record<string, Matrix>;
  const call = {
    rows: tokens.length / 4,
    columns: WIDTH,
    eps: EPS,
    tokens,
    words: wide(words!),
    ...(positions && { positions: wide(positions) }),
    types: wide(types!),
    embeds,
    weight: weight!.data,
    bias: bias!.data,
  };
  return cut(embeddingsTwin(call), WIDTH);
}

function embeddingCase(tokens: number, { embeds = false, places = true } = {}): GradientCase {
  const { tokens: ids, given } = tokensOf(tokens);
  return {
    operands: {
      words: embeds ? rowsOf(tokens, WIDTH) : fixed(VOCABULARY, WIDTH),
      ...(places && { positions: fixed(POSITIONS, WIDTH) }),
      types: fixed(TYPES, WIDTH),
      weight: fixed(1, WIDTH),
      bias: fixed(1, WIDTH),
    },
    given,
    trace: (g, { words, positions = null, types, weight, bias }, { tokens, ...tables }) =>
      embeddings(g, {
        label: "embeddings",
        tokens: tokens!,
        words: words!,
        positions,
        types: types!,
        weight: weight!,
        bias: bias!,
        embedded: embeds,
        eps: EPS,
        ...tables,
      }),
    forward: (all) => embedded(all, ids, embeds).data,
  };
}

function linearCase(
  tokens: number,
  { kind, residual = false, backwards = false }: { kind: ActivationName; residual?: boolean; backwards?: boolean },
): GradientCase {
  return {
    operands: {
      x: rowsOf(tokens, WIDTH, () => 2 * next()),
      w: backwards ? fixed(INNER, WIDTH) : fixed(WIDTH, INNER),
      b: fixed(1, INNER),
      ...(residual && { r: rowsOf(tokens, INNER) }),
    },
    trace: (g, { x, w, b, r }) =>
      linear(g, {
        label: "dense",
        x: x!,
        weight: w!,
        bias: b!,
        transposed: backwards,
        activation: kind,
        ...(r && { residual: r }),
      }),
    forward({ x, w, b, r }) {
      const active = map(
        plus(times(x!, backwards ? transposed(w!) : w!), b!),
        (v) => activate(v, ACTIVATION_CODES[kind]),
      );
      return (r ? map(active, (value, i) => value + r.data[i]!) : active).data;
    },
  };
}

/** Rows of a matrix as operands of their own. */
function slicesOf(rows: readonly number[], columns: number): GradientCase["operands"] {
  return Object.fromEntries(rows.map((count, i) => [`s${i}`, fixed(count, columns)]));
}

/** The matrix of which operands are the rows. */
function joined(all: Matrices, count: number): Matrix {
  const slices = Array.from({ length: count }, (_, i) => all[`s${i}`]!);
  return {
    rows: slices.reduce((sum, { rows }) => sum + rows, 0),
    columns: slices[0]!.columns,
    data: Float64Array.from(slices.flatMap(({ data }) => [...data])),
  };
}

const valuesOf = (values: Record<string, Value>, count: number) =>
  Array.from({ length: count }, (_, i) => values[`s${i}`]!);

/** Slices of 4, 4 and 3 rows of the table of words. */
function gatherCase(tokens: number): GradientCase {
  const { tokens: ids, given: { tokens: named, wordStarts, wordOrder } } = tokensOf(tokens);
  return {
    operands: slicesOf([4, 4, 3], WIDTH),
    given: { tokens: named!, wordStarts: wordStarts!, wordOrder: wordOrder! },
    trace: (g, values, { tokens, ...index }) =>
      gatherWords(g, { label: "words", tokens: tokens!, slices: valuesOf(values, 3), ...index }),
    forward(all) {
      const { data } = joined(all, 3);
      return Float64Array.from({ length: tokens * WIDTH }, (_, i) => {
        return data[ids[4 * Math.floor(i / WIDTH)]! * WIDTH + i % WIDTH]!;
      });
    },
  };
}

function linearSlicesCase(tokens: number, rows: readonly number[]): GradientCase {
  const outputs = rows.reduce((a, b) => a + b);
  return {
    operands: { x: rowsOf(tokens, WIDTH), ...slicesOf(rows, WIDTH), b: fixed(1, outputs) },
    trace: (g, { x, b, ...values }) =>
      linearSlices(g, { label: "decoder", x: x!, slices: valuesOf(values, rows.length), bias: b! }),
    forward: (all) => plus(times(all.x!, transposed(joined(all, rows.length))), all.b!).data,
  };
}

/** Words that tokens are embedded by, and of which the logits are: each slice has two uses. */
function tiedCase(tokens: number): GradientCase {
  const { operands, given, trace, forward } = gatherCase(tokens);
  return {
    operands,
    given: given!,
    trace(g, values, given) {
      return linearSlices(g, { label: "decoder", x: trace(g, values, given), slices: valuesOf(values, 3) });
    },
    forward(all) {
      const x = { rows: tokens, columns: WIDTH, data: forward(all) };
      return times(x, transposed(joined(all, 3))).data;
    },
  };
}

function activationCase(tokens: number, kind: ActivationName): GradientCase {
  // No value is so near 0 that a difference would cross the kink of ReLU.
  const away = () => Math.sign(next()) * (0.1 + Math.abs(3 * next()));
  return {
    operands: { x: rowsOf(tokens, keepsZero(kind) ? WIDTH - 1 : 8, away) },
    trace: (g, { x }) => activation(g, { label: "active", x: x!, kind }),
    forward: ({ x }) => map(x!, (value) => activate(value, ACTIVATION_CODES[kind])).data,
  };
}

function layerNormCase(tokens: number, residual: boolean): GradientCase {
  return {
    operands: {
      x: rowsOf(tokens, INNER),
      ...(residual && { r: rowsOf(tokens, INNER) }),
      w: residual ? fixed(1, INNER) : vector(INNER),
      b: residual ? vector(INNER) : fixed(1, INNER),
    },
    trace: (g, { x, r, w, b }) =>
      layerNorm(g, { label: "norm", x: x!, ...(r && { residual: r }), weight: w!, bias: b!, eps: EPS }),
    forward: ({ x, r, w, b }) => normal(r ? plus(x!, r) : x!, w!, b!).data,
  };
}

/** Every third row has no label. */
function labelsOf(tokens: number, columns: number): Uint32Array<ArrayBuffer> {
  return Uint32Array.from({ length: tokens }, (_, r) => r % 3 === 2 ? NO_LABEL : 2 * r % columns);
}

/** Cross-entropies: each row's or their mean, of labels that may have weights; `smoothing` as a number or as a scalar. */
function crossEntropyCase(
  tokens: number,
  { averaged = false, weighted = false, smoothing = 0, given = false } = {},
): GradientCase {
  const labels = labelsOf(tokens, WIDTH);
  const divisor = labels.filter((label) => label !== NO_LABEL).length;
  const weights = Float32Array.from({ length: tokens }, (_, r) => r % 4 === 1 ? 0 : 1.5 + next());
  return {
    operands: { x: rowsOf(tokens, WIDTH, () => 3 * next()) },
    given: {
      labels: { shape: ["T"], data: labels },
      ...(weighted && { weights: { shape: ["T"], data: weights } }),
    },
    scalars: { ...(averaged && { labelled: divisor }), ...(given && { smoothing }) },
    trace(g, { x }, { labels, weights }) {
      const share = given ? g.scalar("smoothing", "f32") : smoothing;
      const call = { label: "losses", x: x!, labels: labels!, ...(weights && { weights }), smoothing: share };
      const losses = crossEntropy(g, call);
      return averaged ? mean(g, { label: "loss", x: losses, divisor: "labelled" }) : losses;
    },
    forward({ x }) {
      const call = { rows: tokens, columns: WIDTH, x: wide(x!), labels, smoothing };
      const losses = crossEntropyTwin({ ...call, ...(weighted && { weights }) });
      return averaged ? Float64Array.of(reduceSum(losses, divisor)) : losses;
    },
  };
}

function pointwiseCase(tokens: number, kind: PointwiseLoss): GradientCase {
  const columns = 3;
  const targets = matrixOf(tokens, columns, () => next() < 0 ? 0 : 1);
  return {
    operands: { x: rowsOf(tokens, columns, () => 3 * next()) },
    given: { targets: { shape: ["T", columns], data: pitched(targets) } },
    trace(g, { x }, { targets }) {
      const losses = pointwiseLoss(g, { label: "losses", x: x!, y: targets!, kind });
      return mean(g, { label: "loss", x: losses, divisor: ["T", columns] });
    },
    forward({ x }) {
      const call = { rows: tokens, columns, x: wide(x!), y: wide(targets), kind: POINTWISE_LOSSES[kind] };
      return Float64Array.of(reduceSum(pointwiseTwin(call), tokens * columns));
    },
  };
}

/** Rows of each segment, two of them empty. */
function startsOf(tokens: number): Uint32Array<ArrayBuffer> {
  return Uint32Array.of(0, 0, Math.min(3, tokens), Math.min(3, tokens), tokens);
}

function meanRowsCase(tokens: number): GradientCase {
  const starts = startsOf(tokens);
  return {
    operands: { x: rowsOf(tokens, WIDTH) },
    given: { starts: { shape: [5], data: starts } },
    trace: (g, { x }, { starts }) => meanRows(g, { label: "means", x: x!, starts: starts!, segments: 4 }),
    forward: ({ x }) => cut(meanRowsTwin(wide(x!), starts, WIDTH), WIDTH).data,
  };
}

/** A classifier of pooled embeddings and its loss: every op, each on the result of the one before. */
function classifierCase(tokens: number): GradientCase {
  const { tokens: ids, given } = tokensOf(tokens);
  const { operands, trace } = embeddingCase(tokens);
  const starts = startsOf(tokens);
  const labels = labelsOf(4, 3);
  return {
    operands: {
      ...operands,
      w1: fixed(WIDTH, INNER),
      b1: fixed(1, INNER),
      w2: fixed(INNER, WIDTH),
      b2: fixed(1, WIDTH),
      nw: fixed(1, WIDTH),
      nb: fixed(1, WIDTH),
      w3: fixed(3, WIDTH),
    },
    given: { ...given, starts: { shape: [5], data: starts }, labels: { shape: [4], data: labels } },
    trace(g, values, { starts, labels, ...tables }) {
      const { w1, b1, w2, b2, nw, nb, w3 } = values as Record<string, Value>;
      const x = trace(g, values, tables);
      const inner = linear(g, { label: "inner", x, weight: w1!, bias: b1!, activation: "gelu" });
      const outer = linear(g, { label: "outer", x: inner, weight: w2!, bias: b2! });
      const norm = layerNorm(g, { label: "norm", x: outer, residual: x, weight: nw!, bias: nb!, eps: EPS });
      const pooled = meanRows(g, { label: "pooled", x: norm, starts: starts!, segments: 4 });
      const logits = linear(g, { label: "logits", x: pooled, weight: w3!, transposed: true, activation: "tanh" });
      return mean(g, {
        label: "loss",
        x: crossEntropy(g, { label: "losses", x: logits, labels: labels! }),
        divisor: 3,
      });
    },
    forward(all) {
      const { w1, b1, w2, b2, nw, nb, w3 } = all as Record<string, Matrix>;
      const x = embedded(all, ids, false);
      const inner = map(plus(times(x, w1!), b1!), (value) => activate(value, ACTIVATION_CODES.gelu));
      const norm = normal(plus(plus(times(inner, w2!), b2!), x), nw!, nb!);
      const pooled = cut(meanRowsTwin(wide(norm), starts, WIDTH), WIDTH);
      const logits = map(times(pooled, transposed(w3!)), Math.tanh);
      const losses = crossEntropyTwin({ rows: 4, columns: 3, x: wide(logits), labels });
      return Float64Array.of(reduceSum(losses, 3));
    },
  };
}

const KINDS = Object.keys(ACTIVATION_CODES) as ActivationName[];

/** The programs by what they are, each for a number of rows. */
export const CASES: Readonly<Record<string, (tokens: number) => GradientCase>> = {
  ...Object.fromEntries(KINDS.map((kind) => [kind, (tokens: number) => activationCase(tokens, kind)])),
  // So many for each type that lanes share them.
  "embeddings of many tokens": (tokens) => ({ ...embeddingCase(10 * tokens), scalars: { T: 10 * tokens } }),
  "a linear layer with GELU": (tokens) => linearCase(tokens, { kind: "gelu" }),
  "a linear layer with Mish, which products do not apply": (tokens) => linearCase(tokens, { kind: "mish" }),
  "a linear layer with SiLU and residual": (tokens) => linearCase(tokens, { kind: "silu", residual: true }),
  "a linear layer of a transposed weight with tanh": (tokens) => linearCase(tokens, { kind: "tanh", backwards: true }),
  "a linear layer of a weight in slices": (tokens) => linearSlicesCase(tokens, [8, 4, 7]),
  "a linear layer of a weight in one slice": (tokens) => linearSlicesCase(tokens, [9]),
  "words of a table in slices": (tokens) => gatherCase(tokens),
  "logits of the words of a table in slices": (tokens) => tiedCase(tokens),
  "LayerNorm": (tokens) => layerNormCase(tokens, false),
  "LayerNorm of a sum": (tokens) => layerNormCase(tokens, true),
  "embeddings": (tokens) => embeddingCase(tokens),
  "embeddings without positions": (tokens) => embeddingCase(tokens, { places: false }),
  "embeddings of given words": (tokens) => embeddingCase(tokens, { embeds: true }),
  "cross-entropies": (tokens) => crossEntropyCase(tokens),
  "a mean cross-entropy": (tokens) => crossEntropyCase(tokens, { averaged: true }),
  "cross-entropies by weights": (tokens) => crossEntropyCase(tokens, { weighted: true }),
  "smoothed cross-entropies": (tokens) => crossEntropyCase(tokens, { smoothing: 0.25 }),
  "a mean of smoothed cross-entropies by weights": (tokens) =>
    crossEntropyCase(tokens, { averaged: true, weighted: true, smoothing: 0.25, given: true }),
  "squared errors": (tokens) => pointwiseCase(tokens, "squared_error"),
  "binary cross-entropies": (tokens) => pointwiseCase(tokens, "binary_cross_entropy"),
  ...distillationCases,
  "means of rows": (tokens) => meanRowsCase(tokens),
  "a classifier": (tokens) => classifierCase(tokens),
};
