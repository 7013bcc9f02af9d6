/** Tokens and ids of a tokenizer, those of its vocabulary and those added to it, and decoding. */

import type { Frame } from "./encoding/frame.ts";
import type { SpecialTokens } from "./files/special_tokens.ts";
import { cleanText } from "./pipeline/decoders.ts";
import { normalizedText } from "./splitting/pipeline_splitter.ts";
import type { TokenizerParts } from "./files/tokenizer_json.ts";

/** Finds tokens by ids and ids by tokens. */
export class TokenTable {
  /** Number of tokens, added ones included. */
  readonly size: number;
  /** Those that stand for no text. */
  readonly special: SpecialTokens;
  /** What stands round texts. */
  readonly frame: Frame;
  readonly #parts: TokenizerParts;
  readonly #added: ReadonlyMap<string, number>;
  readonly #special: ReadonlySet<string>;
  /** Token of each id; made when it is needed first. */
  #tokens: Map<number, string> | undefined;
  /** What is decoded in place of added tokens that are found in normalised text. */
  readonly #forms = new Map<number, string>();

  /** @param parts What the files hold. */
  constructor(parts: TokenizerParts) {
    this.#parts = parts;
    this.special = parts.special;
    this.frame = parts.post.frame;
    const { model: { ids, size = ids.size }, added, normalizer } = parts;
    this.#added = new Map(added.map(({ content, id }) => [content, id]));
    this.#special = new Set(added.filter(({ special }) => special).map(({ content }) => content));
    for (const { content, id, normalized, special } of added) {
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
    return this.#tokensById().get(id);
  }

  /** The text of ids; those without a token are left out. As in transformers 5, cleaning leaves a text of BPE as it is. */
  decode(ids: readonly number[], options: { skipSpecial: boolean; isCleaned: boolean }): string {
    const known = this.#tokensById();
    const tokens: string[] = [];
    for (const id of ids) {
      const token = this.#forms.get(id) ?? known.get(id);
      if (token !== undefined && !(options.skipSpecial && this.#special.has(token))) tokens.push(token);
    }
    const text = this.join(tokens);
    return options.isCleaned && this.#parts.kind !== "BPE" ? cleanText(text) : text;
  }

  /** The text of tokens, by the decoder. */
  join(tokens: readonly string[]): string {
    const { decoder } = this.#parts;
    return decoder === undefined ? tokens.join(" ") : decoder(tokens).join("");
  }

  #tokensById(): ReadonlyMap<number, string> {
    if (this.#tokens !== undefined) return this.#tokens;
    const { model, added } = this.#parts;
    const tokens = new Map<number, string>();
    for (const [token, id] of model.ids) tokens.set(id, token);
    for (const { content, id } of added) tokens.set(id, content);
    return this.#tokens = tokens;
  }
}
