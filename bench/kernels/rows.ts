/** Works of the kernels that go through rows: hidden states of 512 tokens, and logits of 8 rows over a vocabulary. */

import { type activation, ACTIVATION_CODES } from "../../src/kernels/rows/activation.ts";
import type { embeddings } from "../../src/kernels/rows/embeddings.ts";
import type { gatherRows } from "../../src/kernels/rows/gather_rows.ts";
import type { gatherWords } from "../../src/kernels/rows/gather_words.ts";
import { pitch } from "../../src/kernels/kernel.ts";
import type { layerNorm } from "../../src/kernels/rows/layer_norm.ts";
import type { meanRows } from "../../src/kernels/rows/mean_rows.ts";
import { POOL_CODES, type poolRows } from "../../src/kernels/rows/pool_rows.ts";
import type { reshape } from "../../src/kernels/rows/reshape.ts";
import type { softmax } from "../../src/kernels/rows/softmax.ts";
import type { topK } from "../../src/kernels/rows/top_k.ts";
import { poolBounds } from "../../tests/conformance/bounds.ts";
import { matrix, random, vector } from "../../tests/conformance/data.ts";
import { layerNormBound } from "../../tests/conformance/layer_norm_bound.ts";
import { bits } from "../../tests/conformance/bits.ts";
import { activation as activationTwin } from "../../tests/reference/activation.ts";
import { embeddings as embeddingsTwin, embeddingSum } from "../../tests/reference/embeddings.ts";
import { gatherRows as gatherTwin } from "../../tests/reference/gather_rows.ts";
import { gatherWords as gatherWordsTwin } from "../../tests/reference/gather_words.ts";
import { layerNorm as layerNormTwin } from "../../tests/reference/layer_norm.ts";
import { meanRows as meanTwin } from "../../tests/reference/mean_rows.ts";
import { poolRows as poolTwin } from "../../tests/reference/pool_rows.ts";
import { reshape as reshapeTwin } from "../../tests/reference/reshape.ts";
import { softmax as softmaxTwin } from "../../tests/reference/softmax.ts";
import { topK as topKTwin } from "../../tests/reference/top_k.ts";
import { elements, MODEL, type Works } from "./work.ts";

const { rows: ROWS, width: WIDTH, vocabulary: VOCABULARY, sequences: SEQUENCES, length: LENGTH, heads: HEADS } = MODEL;
const STATES = ROWS * WIDTH;
const LOGITS = SEQUENCES * pitch(VOCABULARY);
const next = random(5);

export function activationWorks(): Works<typeof activation> {
  const x = Float32Array.from({ length: 4 * STATES }, () => 4 * next());
  const code = ACTIVATION_CODES.gelu;
  return [{
    name: `GELU of ${ROWS} x ${4 * WIDTH}`,
    params: { count: x.length, activation: code },
    buffers: { x, out: x.byteLength },
    expected: { out: { values: activationTwin(x, code), bound: 1e-6 } },
    amount: elements(x.length, x.length),
  }];
}

export function embeddingsWorks({ halves = false } = {}): Works<typeof embeddings> {
  const below = (count: number) => Math.floor((next() + 1) / 2 * count);
  const [vocabulary, types] = [4000, 2];
  const tokens = new Uint32Array(4 * ROWS).map((_, i) => below([vocabulary, types, LENGTH, 1][i % 4] as number));
  const words = matrix(vocabulary, WIDTH, next);
  const tables = {
    words: halves ? words.map(Math.f16round) : words,
    positions: matrix(LENGTH, WIDTH, next),
    types: matrix(types, WIDTH, next),
    weight: vector(WIDTH, next),
    bias: vector(WIDTH, next),
  };
  const call = { rows: ROWS, columns: WIDTH, eps: 1e-12, tokens, embeds: false, ...tables };
  const sum = embeddingSum(call);
  return [{
    name: `${ROWS} x ${WIDTH}`,
    params: { rows: ROWS, columns: WIDTH, eps: call.eps },
    buffers: { tokens, ...tables, words: halves ? new Float16Array(words) : words, out: 4 * STATES },
    expected: {
      out: {
        values: embeddingsTwin(call),
        bound: layerNormBound({ ...call, x: sum }, sum.map((value) => 3 + Math.abs(value))),
      },
    },
    amount: elements((halves ? 1.5 : 2) * STATES),
  }];
}

export function layerNormWorks(): Works<typeof layerNorm> {
  const x = matrix(ROWS, WIDTH, next);
  const vectors = { weight: vector(WIDTH, next), bias: vector(WIDTH, next) };
  return [undefined, matrix(ROWS, WIDTH, next)].map((residual) => {
    const call = { rows: ROWS, columns: WIDTH, eps: 1e-12, x, residual, ...vectors };
    const addends = residual && Float64Array.from(x, (value, i) => Math.abs(value) + Math.abs(residual[i] as number));
    return {
      name: `${ROWS} x ${WIDTH}${residual ? " and residual" : ""}`,
      params: { rows: ROWS, columns: WIDTH, eps: call.eps, residual: Number(residual !== undefined) },
      buffers: { x, residual: residual ?? 16, ...vectors, out: x.byteLength },
      expected: { out: { values: layerNormTwin(call), bound: layerNormBound(call, addends) } },
      amount: elements((residual ? 3 : 2) * STATES),
    };
  });
}

export function gatherWorks(): Works<typeof gatherRows> {
  const x = bits(STATES);
  const index = Uint32Array.from({ length: ROWS / 4 }, (_, r) => 7 * r % ROWS);
  return [{
    name: `${index.length} of ${ROWS} x ${WIDTH}`,
    params: { rows: index.length, columns: WIDTH },
    buffers: { x, index, out: 4 * index.length * WIDTH },
    expected: { out: { values: gatherTwin(x, index, WIDTH) } },
    amount: elements(2 * index.length * WIDTH),
  }];
}

/** The second half of a table: half of the tokens name a word in it. */
export function gatherWordsWorks({ halves = false } = {}): Works<typeof gatherWords> {
  const count = 2000;
  const tokens = new Uint32Array(4 * ROWS).map(() => Math.floor((next() + 1) * count));
  const words = matrix(count, WIDTH, next);
  const call = { rows: ROWS, columns: WIDTH, first: count, count, tokens };
  const found = gatherWordsTwin({ ...call, words: halves ? words.map(Math.f16round) : words });
  return [{
    name: `${ROWS} x ${WIDTH} from ${count}`,
    params: { rows: ROWS, columns: WIDTH, first: count, count },
    buffers: { tokens, words: halves ? new Float16Array(words) : words, out: new Float32Array(STATES) },
    expected: { out: found },
    amount: elements((halves ? 1.5 : 2) * found.at.length),
  }];
}

export function meanWorks(): Works<typeof meanRows> {
  const x = matrix(ROWS, WIDTH, next);
  const starts = Uint32Array.from({ length: SEQUENCES + 1 }, (_, s) => s * LENGTH);
  return [{
    name: `${SEQUENCES} of ${LENGTH} x ${WIDTH}`,
    params: { segments: SEQUENCES, columns: WIDTH },
    buffers: { x, starts, out: 4 * SEQUENCES * WIDTH },
    expected: { out: { values: meanTwin(x, starts, WIDTH), bound: LENGTH * 2 ** -23 } },
    amount: elements(STATES),
  }];
}

/** The mean weighted by positions, and the largest, of each text. */
export function poolWorks(): Works<typeof poolRows> {
  const x = matrix(ROWS, WIDTH, next);
  const table = Uint32Array.from(
    Array.from(
      { length: SEQUENCES },
      (_, s) => [POOL_CODES.weightedmean, POOL_CODES.max].map((code) => [s * LENGTH, (s + 1) * LENGTH, code, 0]),
    ).flat(2),
  );
  const values = poolTwin(x, table, WIDTH);
  return [{
    name: `${SEQUENCES} of ${LENGTH} x ${WIDTH}, in two ways`,
    params: { segments: 2 * SEQUENCES, columns: WIDTH },
    buffers: { x, table, out: 4 * values.length },
    expected: { out: { values, bound: poolBounds(x, table, WIDTH) } },
    amount: elements(2 * STATES),
  }];
}

export function reshapeWorks(): Works<typeof reshape> {
  const x = bits(STATES);
  const shape = [ROWS * HEADS, WIDTH / HEADS] as const;
  return [{
    name: `${ROWS} x ${WIDTH} to ${shape.join(" x ")}`,
    params: { rows: shape[0], columns: shape[1], from_columns: WIDTH },
    buffers: { x, out: x.byteLength },
    expected: { out: { values: reshapeTwin(x, WIDTH, shape) } },
    amount: elements(2 * STATES),
  }];
}

export function softmaxWorks(): Works<typeof softmax> {
  const call = { rows: SEQUENCES, columns: VOCABULARY, x: matrix(SEQUENCES, VOCABULARY, () => 10 * next()) };
  return [{
    name: `${SEQUENCES} x ${VOCABULARY}`,
    params: { rows: SEQUENCES, columns: VOCABULARY },
    buffers: { x: call.x, out: call.x.byteLength },
    expected: { out: { values: softmaxTwin(call), bound: 2e-6 } },
    amount: elements(2 * LOGITS),
  }];
}

export function topKWorks(): Works<typeof topK> {
  const x = matrix(SEQUENCES, VOCABULARY, next);
  return [5].map((k) => {
    const { indices, values } = topKTwin({ rows: SEQUENCES, columns: VOCABULARY, k, x });
    return {
      name: `${k} of ${SEQUENCES} x ${VOCABULARY}`,
      params: { rows: SEQUENCES, columns: VOCABULARY, k },
      buffers: { x, indices: indices.byteLength, values: indices.byteLength },
      expected: { indices: { values: indices }, values: { values } },
      amount: elements(LOGITS),
    };
  });
}
