/** Rows of a slice of a table of words, as tokens name them. */

import source from "../../../kernels/gather_words.wgsl" with { type: "text" };
import { defineWeightKernel, foldedGrid, pitch } from "../kernel.ts";

/**
 * `out[t] = words[tokens[t].word - first]` for the tokens whose word is in the slice, `first` to `first + count - 1`. The
 * rows of other tokens stay as they are. A token is four integers, of which the first is the word.
 */
export const gatherWords = defineWeightKernel({
  name: "gather_words",
  summary: "out[t] = words[tokens[t].word - first] where that is one of the slice's rows",
  source,
  bindings: { tokens: "read", words: "read", out: "update" },
  params: { rows: "u32", columns: "u32", first: "u32", count: "u32" },
  work: { touched: ({ rows, columns }) => ({ words: rows * columns }) },
  constants: {},
  constantSets: [{}],
  workgroupSize: () => [64, 1, 1],
  grid: ({ rows, columns }) => foldedGrid(Math.ceil(rows * pitch(columns) / 256)),
});
