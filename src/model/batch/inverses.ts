/** The inverse indices of a ragged batch: gradients of what is looked up by an index look up by its inverse. */

import type { InputData } from "../../graph/program/upload.ts";
import { NO_ROW } from "../../kernels/rows/gather_rows.ts";
import type { NarrowBertConfig } from "../config/config.ts";
import { inverseIndex } from "./inverse_index.ts";
import type { Ragged } from "./ragged.ts";

/** Inputs of a program that learns: for each token its narrow row, for each row of the embedding tables its tokens. */
export function inversesOf({ tokens, rows, places }: Ragged, config: NarrowBertConfig): Record<string, InputData> {
  const rowInverse = new Uint32Array(places.length).fill(NO_ROW);
  rows.forEach((token, row) => rowInverse[token] = row);
  const words = inverseIndex(tokens, {
    stride: 4,
    column: 0,
    count: config.vocab_size,
    except: config.pad_token_id, // As in Hugging Face's BERT, the padding word's embedding does not learn.
  });
  const types = inverseIndex(tokens, { stride: 4, column: 1, count: config.type_vocab_size });
  const positions = inverseIndex(tokens, { stride: 4, column: 2, count: config.max_position_embeddings });
  return {
    row_inverse: rowInverse,
    word_starts: words.starts,
    word_order: words.order,
    type_starts: types.starts,
    type_order: types.order,
    position_starts: positions.starts,
    position_order: positions.order,
  };
}
