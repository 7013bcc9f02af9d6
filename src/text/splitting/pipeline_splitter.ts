/** The way from text to tokens of any `tokenizer.json`: added tokens, normalizer, words, tokens, with exact offsets. */

import type { Pieces, Splitter } from "../encoding/pieces.ts";
import { type AddedToken, AddedTokenSplitter } from "./added_tokens.ts";
import { AlignedText } from "../pipeline/aligned_text.ts";
import type { Model } from "../pipeline/models/model.ts";
import type { Normalizer } from "../pipeline/normalizers.ts";
import { type PreTokenizer, wordsOf } from "../pipeline/pre_tokenizers.ts";

/** The parts of a pipeline. */
export interface PipelineParts {
  added: readonly AddedToken[];
  normalizer?: Normalizer;
  preTokenizer?: PreTokenizer;
  model: Model;
}

/** Splits as Hugging Face's `tokenizers` does. BERT's own pipeline has a faster one, `BertSplitter`. */
export class PipelineSplitter implements Splitter {
  readonly #written: AddedTokenSplitter;
  readonly #normalized: AddedTokenSplitter;
  readonly #parts: PipelineParts;

  /** @param parts What the file holds. */
  constructor(parts: PipelineParts) {
    this.#parts = parts;
    const isNormalized = (token: AddedToken) => token.normalized ?? !token.special;
    this.#written = new AddedTokenSplitter(
      new Map(parts.added.filter((token) => !isNormalized(token)).map((token) => [token.content, token])),
    );
    this.#normalized = new AddedTokenSplitter(
      new Map(
        parts.added.filter(isNormalized).map((token) => [normalizedText(token.content, parts.normalizer), token]),
      ),
    );
  }

  split(text: string): Pieces {
    const pieces: Required<Pieces> = { ids: [], starts: [], ends: [], words: [], values: [], text };
    const { normalizer, preTokenizer, model } = this.#parts;
    let word = 0;
    const add = (text: AlignedText, [id, from, to, value]: [number, number, number, string]) => {
      pieces.ids.push(id);
      pieces.starts.push(from < to ? text.starts[from]! : text.shift + from);
      pieces.ends.push(from < to ? text.ends[to - 1]! : text.shift + to);
      pieces.words.push(word);
      pieces.values.push(value);
    };
    const whole = AlignedText.of(text);
    for (const { start, end, id } of this.#written.split(text)) {
      const stretch = whole.slice(start, end);
      if (id !== undefined) {
        add(stretch, [id, 0, stretch.text.length, stretch.text]);
        word++;
        continue;
      }
      normalizer?.(stretch);
      for (const part of this.#normalized.split(stretch.text)) {
        const rest = stretch.slice(part.start, part.end);
        if (part.id !== undefined) {
          add(rest, [part.id, 0, rest.text.length, rest.text]);
          word++;
          continue;
        }
        for (const each of wordsOf(rest, preTokenizer)) {
          const { ids, starts, ends, values } = model.spell(each.text);
          for (let index = 0; index < ids.length; index++) {
            add(each, [ids[index]!, starts[index]!, ends[index]!, values[index]!]);
          }
          word++;
        }
      }
    }
    return pieces;
  }
}

/** A text as a normalizer leaves it. */
export function normalizedText(text: string, normalizer: Normalizer | undefined): string {
  const aligned = AlignedText.of(text);
  normalizer?.(aligned);
  return aligned.text;
}
