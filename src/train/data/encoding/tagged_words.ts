/** Rows of words with a tag each: the first piece of a word has its label. */

import { IGNORE } from "../../../heads/labels.ts";
import type { BertTokenizer } from "../../../text/bert_tokenizer.ts";
import { ownCopy } from "../../../text/own_copy.ts";
import type { TaggedExample } from "../examples.ts";
import type { LabelSet } from "../tasks/labels.ts";
import { type Encoder, type EncodingSettings, Frame, keptRange } from "./encoder.ts";
import { rowOf } from "./row.ts";

/** Most words whose pieces are remembered; if there are more, all are forgotten. */
const REMEMBERED = 2 ** 16;

/** Encodes sentences whose words are given, as tokenizers do with `is_split_into_words`. */
export function taggedWords(settings: EncodingSettings, labels: LabelSet): Encoder<TaggedExample> {
  const { tokenizer, max_seq_length } = settings;
  const words = new WordPieces(tokenizer);
  const frame = new Frame(settings);
  return {
    encode: (examples) =>
      examples.map(({ number, example: { tokens, tags } }) => {
        const pieces = words.piecesOf(tokens);
        const length = pieces.reduce((sum, { length }) => sum + length, 0);
        const ids = new Uint32Array(length);
        const targets = new Int32Array(length).fill(IGNORE);
        let at = 0;
        pieces.forEach((word, i) => {
          const tag = tags[i] ?? null;
          if (word.length > 0 && tag !== null) targets[at] = labels.idOf(tag);
          ids.set(word, at);
          at += word.length;
        });
        const [begin, end] = keptRange(length, max_seq_length - frame.length, tokenizer);
        return rowOf([number], {
          ...frame.around(ids.subarray(begin, end), targets.subarray(begin, end)),
          truncated: end - begin < length,
        });
      }),
  };
}

/** The pieces of words, each tokenized by itself. */
class WordPieces {
  readonly #tokenizer: BertTokenizer;
  readonly #known = new Map<string, readonly number[]>();

  constructor(tokenizer: BertTokenizer) {
    this.#tokenizer = tokenizer;
  }

  /** The pieces of each word; a word of characters that the tokenizer drops has none. */
  piecesOf(words: readonly string[]): readonly (readonly number[])[] {
    const found = words.map((word) => this.#known.get(word));
    const unknown = [...new Set(words.filter((_, i) => found[i] === undefined))];
    if (unknown.length === 0) return found as readonly (readonly number[])[];
    const { input_ids } = this.#tokenizer.batch_encode_plus(unknown, { add_special_tokens: false });
    const fresh = new Map(unknown.map((word, i) => [word, input_ids[i] as number[]]));
    if (this.#known.size + unknown.length > REMEMBERED) this.#known.clear();
    for (const [word, pieces] of fresh) this.#known.set(ownCopy(word), pieces);
    return words.map((word, i) => found[i] ?? (fresh.get(word) as number[]));
  }
}
