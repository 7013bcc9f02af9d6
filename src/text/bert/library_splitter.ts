/** Any other kind of `tokenizer.json`, by the library alone. */

import type { Tokenizer } from "../deps.ts";
import type { Pieces, Splitter } from "../encoding/pieces.ts";

/** Splits as the library does, which knows ids but no places. */
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
