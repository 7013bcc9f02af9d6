/** Tokens and ids of a tokenizer, those of its vocabulary and those added to it, and decoding. */

import { cleanText } from "./pipeline/decoders.ts";
import { normalizedText } from "./pipeline/splitter.ts";
import type { TokenizerParts } from "./files/tokenizer_json.ts";

/** Finds tokens by ids and ids by tokens. */
export class TokenTable {
  /** Number of tokens, added ones included. */
  readonly size: number;
  readonly #parts: TokenizerParts;
  readonly #added: ReadonlyMap<string, number>;
  readonly #special: ReadonlySet<string>;
  /** Token of each id. */
  readonly #tokens = new Map<number, string>();
  /** What is decoded in place of added tokens that are found in normalised text. */
  readonly #forms = new Map<number, string>();

  /** @param parts What the files hold. */
  constructor(parts: TokenizerParts) {
    this.#parts = parts;
    const { model: { ids, size = ids.size }, added, normalizer } = parts;
    for (const [token, id] of ids) this.#tokens.set(id, token);
    this.#added = new Map(added.map(({ content, id }) => [content, id]));
    this.#special = new Set(added.filter(({ special }) => special).map(({ content }) => content));
    for (const { content, id, normalized, special } of added) {
      this.#tokens.set(id, content);
      if (normalized ?? !special) this.#forms.set(id, normalizedText(content, normalizer));
    }
    this.size = size + added.filter(({ content }) => !ids.has(content)).length;
  }

  /** Id of a token; `undefined` if there is no such token. */
  idOf(token: string): number | undefined {
    return this.#added.get(token) ?? this.#parts.model.ids.get(token);
  }

  /** Token of an id; `undefined` if there is no such id. */
  tokenOf(id: number): string | undefined {
    return this.#tokens.get(id);
  }

  /** The text of ids; those without a token are left out. */
  decode(ids: readonly number[], options: { skipSpecial: boolean; isCleaned: boolean }): string {
    const tokens: string[] = [];
    for (const id of ids) {
      const token = this.#forms.get(id) ?? this.#tokens.get(id);
      if (token !== undefined && !(options.skipSpecial && this.#special.has(token))) tokens.push(token);
    }
    const { decoder } = this.#parts;
    const text = decoder === undefined ? tokens.join(" ") : decoder(tokens).join("");
    return options.isCleaned ? cleanText(text) : text;
  }
}
