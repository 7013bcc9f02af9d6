/** Splits by the library alone, for a `tokenizer.json` that is not of BERT's kind. */

import type { Tokenizer } from "../deps.ts";
import type { Pieces, Splitter } from "../encoding/pieces.ts";

/** Splits as the library does, which gives ids but no offsets. */
export class LibrarySplitter implements Splitter {
  readonly locates = false;
  readonly #tokenizer: Tokenizer;

  constructor(tokenizer: Tokenizer) {
    this.#tokenizer = tokenizer;
  }

  split(text: string): Pieces {
    const { ids } = this.#tokenizer.encode(text, { add_special_tokens: false });
    return { ids, starts: [], ends: [], words: [] };
  }
}
