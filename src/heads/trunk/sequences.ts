/** Groups questions by their texts, and cuts the texts into passes. */

import type { NarrowBertConfig } from "../../model/config/config.ts";
import type { ReadoutDefinition } from "../readouts/definition.ts";
import type { QueryTokens } from "./query.ts";

/** A question that was checked. */
export interface CheckedQuestion {
  readonly readout: ReadoutDefinition;
  readonly ask: unknown;
  /** Positions of its rows in its text. */
  readonly positions: ArrayLike<number>;
}

/** A text with its questions. */
export interface CheckedQuery {
  readonly tokens: QueryTokens;
  readonly questions: readonly CheckedQuestion[];
}

/** What a readout computes once, for all questions about a text that have the same rows. */
export interface Reading extends CheckedQuestion {
  /** The questions that it answers: the number of the query, and of the question in it. */
  readonly askers: { readonly query: number; readonly question: number }[];
}

/** A text that is encoded once, however many queries ask about it. */
export interface Sequence {
  readonly tokens: QueryTokens;
  readonly readings: readonly Reading[];
}

/** Most tokens of a pass; longer lists of texts are answered in several. */
const PASS_TOKENS = 4096;

/** Most elements that readouts compute from the rows of a pass: 128 MiB, which every WebGPU device can bind. */
const PASS_ELEMENTS = 2 ** 25;

/**
 * The different texts of queries, in passes. A text that is too large by itself is a pass of its own; one with more
 * questions than fit a pass is in several.
 */
export function passesOf(queries: readonly CheckedQuery[], config: NarrowBertConfig): Sequence[][] {
  const sizeOf = ({ readout, positions }: Reading) =>
    positions.length * (readout.columns?.(config) ?? config.hidden_size);
  const passes: Sequence[][] = [];
  let [tokens, elements] = [Infinity, 0]; // of the last pass
  const begin = () => {
    passes.push([]);
    [tokens, elements] = [0, 0];
  };
  for (const [text, own] of distinct(queries)) {
    const { length } = text.input_ids;
    const all = readingsOf(queries, own);
    const size = all.reduce((sum, reading) => sum + sizeOf(reading), 0);
    if (tokens + length > PASS_TOKENS || elements + size > PASS_ELEMENTS) begin();
    let readings: Reading[] = [];
    const put = () => {
      passes.at(-1)!.push({ tokens: text, readings });
      tokens += length;
    };
    for (const reading of all) {
      if (readings.length > 0 && elements + sizeOf(reading) > PASS_ELEMENTS) {
        put();
        begin();
        readings = [];
      }
      readings.push(reading);
      elements += sizeOf(reading);
    }
    put();
  }
  return passes;
}

/** The different texts of queries, each with the numbers of its queries. */
function distinct(queries: readonly CheckedQuery[]): [text: QueryTokens, queries: number[]][] {
  const texts: [text: QueryTokens, queries: number[]][] = [];
  const byHash = new Map<number, typeof texts>();
  queries.forEach(({ tokens }, query) => {
    const hash = hashOf(tokens);
    let alike = byHash.get(hash);
    if (alike === undefined) byHash.set(hash, alike = []);
    const known = alike.find(([text]) => isEqual(text, tokens));
    if (known !== undefined) return void known[1].push(query);
    const text: typeof texts[number] = [tokens, [query]];
    alike.push(text);
    texts.push(text);
  });
  return texts;
}

function hashOf({ input_ids }: QueryTokens): number {
  let hash = input_ids.length;
  for (let i = 0; i < input_ids.length; i++) hash = Math.imul(hash ^ (input_ids[i] as number), 0x01000193);
  return hash;
}

function isEqual(one: QueryTokens, other: QueryTokens): boolean {
  const { length } = one.input_ids;
  if (other.input_ids.length !== length) return false;
  for (let i = 0; i < length; i++) {
    if (one.input_ids[i] !== other.input_ids[i]) return false;
    if ((one.token_type_ids?.[i] ?? 0) !== (other.token_type_ids?.[i] ?? 0)) return false;
  }
  return true;
}

/** What to compute for the queries about one text. */
function readingsOf(queries: readonly CheckedQuery[], own: readonly number[]): Reading[] {
  const readings: Reading[] = [];
  const byKey = new Map<string, Reading>();
  for (const query of own) {
    (queries[query] as CheckedQuery).questions.forEach((asked, question) => {
      // One query asks a readout once, so that it shares nothing with itself.
      const key = own.length > 1 ? keyOf(asked) : null;
      const known = key === null ? undefined : byKey.get(key);
      if (known !== undefined) return void known.askers.push({ query, question });
      const reading = { ...asked, askers: [{ query, question }] };
      readings.push(reading);
      if (key !== null) byKey.set(key, reading);
    });
  }
  return readings;
}

/** A key that questions about one text share if one computation serves them; null if it serves no other question. */
function keyOf({ readout, ask, positions }: CheckedQuestion): string | null {
  const { name, inputs, inputKey } = readout;
  if (inputs !== undefined && inputKey === undefined) return null;
  return `${name} ${inputKey?.(ask) ?? ""} ${Array.prototype.join.call(positions)}`;
}
