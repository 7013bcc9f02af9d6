/** Unigram: the likeliest way to cut a word into tokens, each of which has a score. */

import { TokenizerError } from "../../../base/errors.ts";
import type { Part } from "../fields.ts";
import type { Model } from "./model.ts";

const UNKNOWN_PENALTY = 10;
const encoder = new TextEncoder();

/** Makes a Unigram model. @throws {TokenizerError} On a wrong field. */
export function unigram(part: Part): Model {
  const [tokens, scores] = readScores(part);
  const ids = new Map(tokens.map((token, id) => [token, id]));
  const unk = part.raw("unk_id") == null ? undefined : part.count("unk_id", 0);
  if (unk !== undefined && unk >= tokens.length) part.wrong("unk_id", `less than the ${tokens.length} tokens of vocab`);
  const fallback = part.flag("byte_fallback", false);
  const longest = tokens.reduce((longest, { length }) => Math.max(longest, length), 0);
  const unknownScore = scores.reduce((least, score) => Math.min(least, score), Infinity) - UNKNOWN_PENALTY;

  function unknown(word: string): number {
    if (unk !== undefined) return unk;
    throw new TokenizerError(
      `Cannot encode ${JSON.stringify(word)}: the vocabulary cannot spell it, and has no unk_id`,
    );
  }

  /** Where the tokens of the best way begin and end; unknown ones in a row are one. */
  function bestCuts(word: string): [from: number, to: number][] {
    const best = new Float64Array(word.length + 1);
    const from = new Int32Array(word.length + 1).fill(-1);
    const id = new Int32Array(word.length + 1);
    for (let start = 0, next = 0; start < word.length; start = next) {
      next = start + (word.codePointAt(start)! > 0xffff ? 2 : 1);
      let isKnown = false;
      const reach = (end: number, score: number, token: number) => {
        if (from[end]! >= 0 && score <= best[end]!) return;
        best[end] = score;
        from[end] = start;
        id[end] = token;
      };
      for (let end = next; end <= word.length && end - start <= longest; end++) {
        const token = ids.get(word.slice(start, end));
        if (token === undefined) continue;
        reach(end, scores[token]! + best[start]!, token);
        if (end === next) isKnown = true;
      }
      if (!isKnown) reach(next, unknownScore + best[start]!, unknown(word));
    }
    const cuts: [number, number][] = [];
    let isOpen = false;
    for (let end = word.length; end > 0; end = from[end]!) {
      const isUnknown = id[end] === unk;
      if (isUnknown && isOpen) cuts.at(-1)![0] = from[end]!;
      else cuts.push([from[end]!, end]);
      isOpen = isUnknown;
    }
    return cuts.reverse();
  }

  return {
    ids,
    size: tokens.length,
    spell(word) {
      const spelling = { ids: [] as number[], starts: [] as number[], ends: [] as number[], values: [] as string[] };
      const add = (id: number, start: number, end: number, value: string) => {
        spelling.ids.push(id);
        spelling.starts.push(start);
        spelling.ends.push(end);
        spelling.values.push(value);
      };
      for (const [start, end] of bestCuts(word)) {
        const value = word.slice(start, end);
        const id = ids.get(value);
        const bytes = id === undefined && fallback ? byteTokens(value) : undefined;
        if (bytes !== undefined) { for (const [token, id] of bytes) add(id, start, end, token); }
        else add(id ?? unknown(word), start, end, value);
      }
      return spelling;
    },
  };

  function byteTokens(text: string): [string, number][] | undefined {
    const found: [string, number][] = [];
    for (const byte of encoder.encode(text)) {
      const token = `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`;
      const id = ids.get(token);
      if (id === undefined) return undefined;
      found.push([token, id]);
    }
    return found;
  }
}

function readScores(part: Part): [tokens: string[], scores: number[]] {
  const vocab = part.raw("vocab");
  if (!Array.isArray(vocab)) return part.wrong("vocab", "a list of tokens and scores");
  const wrong = vocab.findIndex((entry: unknown) =>
    !(Array.isArray(entry) && entry.length === 2 && typeof entry[0] === "string" && typeof entry[1] === "number")
  );
  if (wrong >= 0) part.fail(`${part.path}.vocab[${wrong}]`, "a token and its score", vocab[wrong]);
  return [vocab.map(([token]) => token), vocab.map(([, score]) => score)];
}
