/** Conformance cases of `gather_words`: exact, and the rows of words of other slices stay as they were. */

import type { gatherWords as kernel } from "../../../src/kernels/rows/gather_words.ts";
import { gatherWords } from "../../reference/gather_words.ts";
import type { Cases } from "../conformance.ts";
import { matrix, random } from "../data.ts";

/** Words of the whole table. */
const VOCABULARY = 101;

/** Rows and columns of the result, the slice's first word, and how many words it has. */
const SHAPES = [
  [0, 8, 0, 4],
  [1, 1, 0, VOCABULARY],
  [3, 2, 0, 52],
  [9, 33, 52, 49],
  [65, 128, 24, 28],
  [67, 31, 100, 1],
  [64, 129, 0, 4],
  [31, 768, 40, 61],
  [7, 5, VOCABULARY, 4],
] as const;

export function* cases(): Cases<typeof kernel> {
  yield* casesWith((words) => ({ words, stored: words }));
}

/** @param store What words become on the GPU, and what values they then have. */
export function* casesWith(
  store: (words: Float32Array<ArrayBuffer>) => {
    words: Float32Array<ArrayBuffer>;
    stored: Float32Array<ArrayBuffer> | Float16Array<ArrayBuffer>;
  },
): Cases<typeof kernel> {
  const next = random(83);
  const below = (count: number) => Math.floor((next() + 1) / 2 * count);
  for (const [rows, columns, first, count] of SHAPES) {
    // The words at both ends of the slice, and those beside them, are among the tokens.
    const ends = [first, first + count - 1, first + count, first - 1, 0, VOCABULARY - 1];
    const tokens = new Uint32Array(4 * rows).map((_, i) => below(i % 4 === 0 ? VOCABULARY : 2 ** 32));
    for (let t = 0; t < Math.min(rows, ends.length); t++) tokens[4 * t] = Math.max(0, ends[t] as number);
    const { words, stored } = store(matrix(count, columns, next));
    const params = { rows, columns, first, count };
    const out = matrix(rows, columns, next);
    const values = Float64Array.from(out);
    const found = gatherWords({ ...params, tokens, words });
    found.at.forEach((at, i) => values[at] = found.values[i] as number);
    yield {
      name: `${rows} x ${columns} of words ${first} to ${first + count - 1}`,
      params,
      buffers: { tokens: rows === 0 ? 16 : tokens, words: stored, out: rows === 0 ? matrix(2, columns, next) : out },
      expected: { out: rows === 0 ? { values: new Float64Array(0), at: new Uint32Array(0) } : { values } },
    };
  }
  // More workgroups than fit one dimension: the last row is looked at.
  const [rows, columns] = [1025, 16384];
  const tokens = new Uint32Array(4 * rows).fill(7);
  tokens[4 * (rows - 1)] = 9;
  const { words, stored } = store(matrix(1, columns, next));
  yield {
    name: `${rows} x ${columns} of word 9`,
    params: { rows, columns, first: 9, count: 1 },
    buffers: { tokens, words: stored, out: new Float32Array(rows * columns) },
    expected: {
      out: {
        values: Float64Array.from(words),
        at: Uint32Array.from({ length: columns }, (_, i) => (rows - 1) * columns + i),
      },
    },
  };
}
