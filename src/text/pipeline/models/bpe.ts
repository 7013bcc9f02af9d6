/** BPE: characters, merged by pairs in the order of a list. */

import { TokenizerError } from "../../../base/errors.ts";
import type { Part } from "../fields.ts";
import { type Model, wholeWord, type WordTokens } from "./model.ts";
import { Queue } from "./queue.ts";
import { readVocabulary } from "./vocabulary.ts";

interface Merge {
  rank: number;
  id: number;
}

/** A token in the making: a node of a list. */
interface Symbol {
  id: number;
  /** Its bytes in UTF-8; 0 once it has been merged into the one before. */
  bytes: number;
  previous: number;
  next: number;
}

const encoder = new TextEncoder();

/** Makes a BPE model. @throws {TokenizerError} On a wrong field, or a `dropout`, which makes ids random. */
export function bytePairs(part: Part): Model {
  const ids = readVocabulary(part);
  const optional = (name: string) => part.raw(name) == null ? undefined : part.text(name);
  const prefix = optional("continuing_subword_prefix") ?? "";
  const suffix = optional("end_of_word_suffix") ?? "";
  const unk = optional("unk_token");
  const fuse = part.flag("fuse_unk", false);
  const fallback = part.flag("byte_fallback", false);
  if (fallback && prefix + suffix !== "") part.wrong("byte_fallback", "false, as words have a prefix or suffix");
  const whole = part.flag("ignore_merges", false);
  if ((part.raw("dropout") ?? 0) !== 0) part.wrong("dropout", "null or 0, as ids would be random");
  const merges = readMerges(part, ids, prefix);
  const tokens = new Map(Array.from(ids, ([token, id]) => [id, token]));

  /** The tokens before any is merged. */
  function symbolsOf(word: string): Symbol[] {
    const symbols: Symbol[] = [];
    const add = (id: number, bytes: number) => {
      symbols.push({ id, bytes, previous: symbols.length - 1, next: symbols.length + 1 });
    };
    let unknown = 0; // bytes of the unknown token that is not added yet
    const flush = () => {
      if (unknown > 0) add(unknownId(word), unknown);
      unknown = 0;
    };
    for (let start = 0, end = 0; start < word.length; start = end) {
      end = start + (word.codePointAt(start)! > 0xffff ? 2 : 1);
      const character = word.slice(start, end);
      const token = (start > 0 ? prefix : "") + character + (end === word.length ? suffix : "");
      const id = ids.get(token);
      const bytes = bytesIn(character);
      if (id !== undefined) {
        flush();
        add(id, bytes);
        continue;
      }
      const parts = fallback ? byteIds(token) : undefined;
      if (parts !== undefined) {
        for (const part of parts) add(part, 1);
      } else if (unk !== undefined) {
        if (!fuse) flush();
        unknown += bytes;
        unknownId(word);
      }
    }
    flush();
    if (symbols.length > 0) symbols.at(-1)!.next = -1;
    return symbols;
  }

  function unknownId(word: string): number {
    const id = ids.get(unk!);
    if (id !== undefined) return id;
    throw new TokenizerError(
      `Cannot encode ${JSON.stringify(word)}: model.unk_token "${unk}" is not in the vocabulary`,
    );
  }

  function byteIds(token: string): number[] | undefined {
    const found: number[] = [];
    for (const byte of encoder.encode(token)) {
      const id = ids.get(`<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`);
      if (id === undefined) return undefined;
      found.push(id);
    }
    return found;
  }

  function merge(symbols: Symbol[]): void {
    const queue = new Queue();
    const push = (position: number, next: number) => {
      const found = merges.get(symbols[position]!.id)?.get(symbols[next]!.id);
      if (found !== undefined) queue.push({ rank: found.rank, position, id: found.id });
    };
    for (let index = 0; index + 1 < symbols.length; index++) push(index, index + 1);
    for (let top = queue.pop(); top !== undefined; top = queue.pop()) {
      const { position, id } = top;
      const left = symbols[position]!;
      if (left.bytes === 0 || left.next === -1) continue;
      const right = symbols[left.next]!;
      if (merges.get(left.id)?.get(right.id)?.id !== id) continue;
      left.id = id;
      left.bytes += right.bytes;
      left.next = right.next;
      right.bytes = 0;
      if (right.next !== -1) symbols[right.next]!.previous = position;
      if (left.previous >= 0) push(left.previous, position);
      if (left.next !== -1) push(position, left.next);
    }
  }

  return {
    ids,
    spell(word) {
      const id = whole ? ids.get(word) : undefined;
      if (id !== undefined) return wholeWord(word, id, word);
      const symbols = symbolsOf(word);
      merge(symbols);
      return place(word, symbols.filter(({ bytes }) => bytes > 0), tokens);
    },
  };
}

/** Finds the characters that the bytes of each token belong to. */
function place(word: string, symbols: readonly Symbol[], tokens: ReadonlyMap<number, string>): WordTokens {
  const starts: number[] = [];
  const ends: number[] = [];
  const [startOf, endOf] = unitsOfBytes(word);
  let done = 0;
  for (const { bytes } of symbols) {
    starts.push(startOf[done] ?? word.length);
    done += bytes;
    ends.push(endOf[done - 1] ?? word.length);
  }
  const ids = symbols.map(({ id }) => id);
  return { ids, starts, ends, values: ids.map((id) => tokens.get(id)!) };
}

/** For each byte of a text, where its character starts and ends in UTF-16 units. */
function unitsOfBytes(text: string): [starts: number[], ends: number[]] {
  const starts: number[] = [];
  const ends: number[] = [];
  let at = 0;
  for (const character of text) {
    for (let byte = bytesIn(character); byte > 0; byte--) {
      starts.push(at);
      ends.push(at + character.length);
    }
    at += character.length;
  }
  return [starts, ends];
}

function bytesIn(character: string): number {
  const code = character.codePointAt(0)!;
  return code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
}

/** The merge of each pair of ids. */
function readMerges(part: Part, ids: ReadonlyMap<string, number>, prefix: string): Map<number, Map<number, Merge>> {
  const list = part.raw("merges");
  if (!Array.isArray(list)) return part.wrong("merges", "a list");
  const found = new Map<number, Map<number, Merge>>();
  let rank = 0;
  for (const [index, entry] of (list as unknown[]).entries()) {
    if (typeof entry === "string" && entry.startsWith("#version")) continue;
    const pair = typeof entry === "string" ? entry.split(" ") : entry;
    if (!Array.isArray(pair) || pair.length !== 2 || pair.some((each) => typeof each !== "string")) {
      part.fail(`${part.path}.merges[${index}]`, "two tokens", entry ?? null);
    }
    const [first, second] = pair as [string, string];
    const merged = first + second.slice(prefix.length);
    const [a, b, id] = [first, second, merged].map((token) =>
      ids.get(token) ?? part.fail(`${part.path}.merges[${index}]`, `of the vocabulary, with "${token}" in it`, entry)
    ) as [number, number, number];
    let row = found.get(a);
    if (row === undefined) found.set(a, row = new Map());
    row.set(b, { rank: rank++, id });
  }
  return found;
}
