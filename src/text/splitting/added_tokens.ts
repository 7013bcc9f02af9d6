/** Finds added tokens such as `[MASK]` in a text, before the rest of it is normalised or split. */

import { memberOf } from "../bert/character_ranges.ts";
import { WORD } from "../pipeline/characters.ts";
import type { Model } from "../pipeline/models/model.ts";
import { escape } from "../pipeline/regex.ts";

/** A token that is found whole, by the names of `tokenizer.json`. */
export interface AddedToken {
  id: number;
  content: string;
  /** Only found if no letter or digit touches it. */
  single_word?: boolean;
  /** Includes the white space before it. */
  lstrip?: boolean;
  /** Includes the white space after it. */
  rstrip?: boolean;
  /** Found in the normalised text rather than in the text as it is written. Default: if it is not special. */
  normalized?: boolean;
  special?: boolean;
}

/** A stretch of a text, in UTF-16 indices: an added token if it has an `id`, text between them otherwise. */
export interface Stretch {
  start: number;
  end: number;
  id?: number;
}

const isWord = memberOf(WORD);
const SPACE = /\p{White_Space}/u; // every one of them is a single UTF-16 unit

/** Splits texts at added tokens. */
export class AddedTokenSplitter {
  readonly #tokens: ReadonlyMap<string, AddedToken>;
  readonly #pattern: RegExp | undefined;

  /** @param tokens The tokens by the text to find. */
  constructor(tokens: ReadonlyMap<string, AddedToken>) {
    this.#tokens = tokens;
    // Of several tokens that start at one index, the longest is found.
    const longestFirst = [...tokens.keys()].filter((text) => text !== "").sort((a, b) => b.length - a.length);
    if (longestFirst.length > 0) this.#pattern = new RegExp(longestFirst.map(escape).join("|"), "gu");
  }

  /** The stretches of `text`, in order and without gaps; none is empty. */
  split(text: string): Stretch[] {
    const stretches: Stretch[] = [];
    let done = 0;
    for (const match of this.#pattern === undefined ? [] : text.matchAll(this.#pattern)) {
      const token = this.#tokens.get(match[0])!;
      let start = match.index;
      let end = start + match[0].length;
      if (token.single_word && touchesWord(text, start, end)) continue;
      if (token.lstrip) { while (start > done && SPACE.test(text[start - 1]!)) start--; }
      if (token.rstrip) { while (end < text.length && SPACE.test(text[end]!)) end++; }
      if (token.lstrip && start < done) start = done; // the token before took the space
      if (start === end) continue;
      if (done < start) stretches.push({ start: done, end: start });
      stretches.push({ start, end, id: token.id });
      done = end;
    }
    if (done < text.length) stretches.push({ start: done, end: text.length });
    return stretches;
  }
}

function touchesWord(text: string, start: number, end: number): boolean {
  const pair = text.codePointAt(start - 2) ?? 0; // V8 finds no such character before the end of a text by itself
  const before = text.slice(start - (pair > 0xffff ? 2 : 1), start);
  return start > 0 && isWord(before) || end < text.length && isWord(String.fromCodePoint(text.codePointAt(end)!));
}

/**
 * Added tokens with the ids that Hugging Face's `tokenizers` gives them, whatever the file says: that of the vocabulary
 * for a token in it, else the next behind the vocabulary and the tokens added before. Of equal ones the last counts.
 */
export function withIds(tokens: readonly AddedToken[], model: Pick<Model, "ids" | "size">): AddedToken[] {
  const byContent = new Map<string, AddedToken>();
  const byId = new Map<number, AddedToken>();
  let next = model.size ?? model.ids.size;
  for (const token of tokens) {
    const id = byContent.get(token.content)?.id ?? model.ids.get(token.content) ?? next++;
    const added = { ...token, id };
    byContent.set(token.content, added);
    byId.set(id, added);
  }
  return [...byId.values()];
}
