/** Which tokens of a text are to be guessed, and what stands in their place. */

import { philox } from "../../../base/random.ts";
import { IGNORE } from "../../../heads/labels.ts";
import type { BertTokenizer } from "../../../text/bert_tokenizer.ts";
import { neededToken } from "../../../text/needed_token.ts";
import { keyOf } from "../order/random.ts";

/** Of the tokens to be guessed, the share that becomes the mask, and the share that becomes any other token. */
const MASKED = 0.8;
const REPLACED = 0.1;

/** Options of masking. */
export interface MaskingSettings {
  readonly seed: number;
  /** The share of tokens, or of words, that are to be guessed. */
  readonly mlm_probability: number;
  /** Whether all pieces of a word are to be guessed, or none. */
  readonly whole_word_mask: boolean;
}

/**
 * Masks texts as BERT's pretraining does: of the tokens drawn, 80% become the mask, 10% some other token, and 10% stay.
 * Special tokens are never drawn. The draws are a function of seed, epoch, example and place in the text, so they do not
 * depend on batches.
 */
export class Masking {
  readonly #settings: MaskingSettings;
  readonly #mask: number;
  readonly #special: ReadonlySet<number>;
  /** What may replace a token: every id but the special ones. */
  readonly #ordinary: Uint32Array;

  constructor(tokenizer: BertTokenizer, settings: MaskingSettings) {
    this.#settings = settings;
    this.#mask = neededToken(tokenizer, "mask_token", "mask texts").id;
    this.#special = new Set(tokenizer.all_special_ids);
    const ids = Uint32Array.from({ length: tokenizer.vocab_size }, (_, id) => id);
    this.#ordinary = ids.filter((id) => !this.#special.has(id));
  }

  /**
   * Masks the word pieces of a text in place.
   *
   * @param words Of whole words: the number of the word that each piece belongs to.
   * @param place Epoch and number of the example.
   * @returns The label of each piece: its id if it is to be guessed, else -100.
   */
  apply(ids: Uint32Array, words: ArrayLike<unknown> | null, place: { epoch: number; example: number }): Int32Array {
    const { seed, mlm_probability } = this.#settings;
    const labels = new Int32Array(ids.length).fill(IGNORE);
    const key = keyOf(seed, "masks", place.epoch);
    const threshold = mlm_probability * 2 ** 32;
    let isDrawn = false;
    for (let i = 0; i < ids.length; i++) {
      const id = ids[i] as number;
      const [draw, kind] = philox(key, place.example, i);
      const continues = words !== null && i > 0 && words[i] === words[i - 1];
      if (!continues) isDrawn = draw < threshold;
      if (!isDrawn || this.#special.has(id)) continue;
      labels[i] = id;
      ids[i] = this.#inPlaceOf(
        id,
        kind / 2 ** 32,
        () => philox(keyOf(seed, "replacements", place.epoch), place.example, i)[0],
      );
    }
    return labels;
  }

  #inPlaceOf(id: number, kind: number, draw: () => number): number {
    if (kind < MASKED) return this.#mask;
    if (kind >= MASKED + REPLACED) return id;
    return this.#ordinary[Math.floor(draw() / 2 ** 32 * this.#ordinary.length)] ?? id;
  }
}
