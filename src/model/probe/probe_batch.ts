/** The batch of a probe: tokens from all over the tables, some of them narrow rows. */

import { type Ragged, raggedOfSequences } from "../batch/ragged.ts";
import type { NarrowBertConfig } from "../config/config.ts";

/**
 * A batch of texts of some lengths, cut to those that the model takes. Words, types and positions are spread over their
 * tables; the first token of each text and every third after it are narrow rows.
 */
export function probeBatch(lengths: readonly number[], config: NarrowBertConfig): Ragged {
  const { vocab_size, type_vocab_size, max_position_embeddings: positions } = config;
  const total = lengths.reduce((sum, length) => sum + length, 0);
  let token = 0;
  const sequences = lengths.map((asked) => {
    const length = Math.min(asked, positions);
    const index = Array.from({ length }, (_, i) => i);
    return {
      ids: index.map(() => Math.round((vocab_size - 1) * (++token / total))),
      types: index.map((i) => i % type_vocab_size),
      rows: index.filter((i) => i % 3 === 0 || i === length - 1),
    };
  });
  const ragged = raggedOfSequences(sequences);
  // The last position of a text is that of the longest.
  ragged.lengths.reduce((end, length) => {
    ragged.tokens[4 * (end + length - 1) + 2] = positions - 1;
    return end + length;
  }, 0);
  return ragged;
}
