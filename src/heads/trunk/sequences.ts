/** Groups questions by their texts, and cuts the texts into passes. */

import type { Speed } from "../../gpu/adapter.ts";
import type { NarrowBertConfig } from "../../model/config/config.ts";
import type { ReadoutDefinition } from "../readouts/definition.ts";
import type { QueryTokens } from "../readouts/query_tokens.ts";

/** A question that was checked. */
export interface CheckedQuestion {
  readonly readout: ReadoutDefinition;
  readonly ask: unknown;
  /** Positions of its rows in its text. */
  readonly positions: ArrayLike<number>;
  /** The text as it is encoded for the question. */
  readonly tokens: QueryTokens;
}

/** The questions of a query. */
export type CheckedQuestions = readonly CheckedQuestion[];

/** Where a question stands: the number of the query, and of the question in it. */
interface Asker {
  readonly query: number;
  readonly question: number;
}

/** What a readout computes once, for all questions about a text that have the same rows. */
export interface Reading extends CheckedQuestion {
  /** The questions that it answers. */
  readonly askers: Asker[];
}

/** A text in a pass, which is computed once, however many queries ask about it. */
export interface Sequence<Text = QueryTokens> {
  readonly text: Text;
  readonly readings: readonly Reading[];
}

/** A text with the questions about it. */
export interface AskedText<Text> {
  readonly text: Text;
  /** How many tokens it adds to a pass. */
  readonly tokens: number;
  readonly readings: readonly Reading[];
}

/**
 * Most tokens of a pass; longer lists of texts are answered in several. They keep a GPU busy and make the fixed cost of a
 * readback small; the activations of a base-sized model still fit the default limits of a WebGPU device.
 */
export const PASS_TOKENS = 4096;

/** Most elements that readouts compute from the rows of a pass: 128 MiB, which every WebGPU device can bind. */
const PASS_ELEMENTS = 2 ** 25;

/** Most work of a kernel, in estimated ns. A submission has one at least, and in Deno may keep other events waiting. */
const KERNEL_NS = 5e8;

/** How large a pass may be. */
export interface PassLimits {
  /** Most tokens. */
  readonly tokens: number;
  /** Most elements that readouts compute. */
  readonly elements: number;
}

/** The limits of a model's passes on a device of a speed: no kernel of the model or its readouts runs for long. */
export function passLimits(
  { hidden_size: width, intermediate_size: inner }: Pick<NarrowBertConfig, "hidden_size" | "intermediate_size">,
  { rate }: Speed,
): PassLimits {
  const most = KERNEL_NS / rate / width;
  const columns = Math.max(inner, 3 * width);
  return {
    tokens: Math.max(1, Math.min(PASS_TOKENS, Math.floor(most / columns))),
    elements: Math.min(PASS_ELEMENTS, Math.floor(most)),
  };
}

/**
 * Texts in passes. A text that is too large by itself is a pass of its own; one with more questions than fit a pass is in
 * several.
 *
 * @param how `cuts` says between which texts a pass must end.
 */
export function passesOf<Text>(
  texts: Iterable<AskedText<Text>>,
  { config, limits, cuts = () => false }: {
    config: NarrowBertConfig;
    limits: PassLimits;
    cuts?: (before: Text, text: Text) => boolean;
  },
): Sequence<Text>[][] {
  const sizeOf = ({ readout, positions }: Reading) =>
    positions.length * (readout.columns?.(config) ?? config.hidden_size);
  const passes: Sequence<Text>[][] = [];
  let [total, elements] = [Infinity, 0]; // of the last pass
  const begin = () => {
    passes.push([]);
    [total, elements] = [0, 0];
  };
  for (const { text, tokens, readings: all } of texts) {
    const size = all.reduce((sum, reading) => sum + sizeOf(reading), 0);
    const before = passes.at(-1)?.at(-1);
    const isCut = before !== undefined && cuts(before.text, text);
    if (total + tokens > limits.tokens || elements + size > limits.elements || isCut) begin();
    let readings: Reading[] = [];
    const put = () => {
      passes.at(-1)!.push({ text, readings });
      total += tokens;
    };
    for (const reading of all) {
      if (readings.length > 0 && elements + sizeOf(reading) > limits.elements) {
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

/** The different texts of queries, each with what to compute for the questions about it. */
export function askedTexts(queries: readonly CheckedQuestions[]): AskedText<QueryTokens>[] {
  const asked = new DistinctTexts<Asker>();
  for (const [query, questions] of queries.entries()) {
    for (const [question, { tokens }] of questions.entries()) asked.add(tokens, { query, question });
  }
  return asked.texts.map(({ text, members }) => ({
    text,
    tokens: text.input_ids.length,
    readings: readingsOf(queries, members),
  }));
}

/** A text that differs from the others, with whatever was added with it. */
interface DistinctText<Member> {
  readonly text: QueryTokens;
  readonly members: Member[];
}

/** The different texts among those that are added. */
export class DistinctTexts<Member> {
  /** The texts so far, in the order in which they came. */
  readonly texts: DistinctText<Member>[] = [];
  readonly #byHash = new Map<number, DistinctText<Member>[]>();
  #last: DistinctText<Member> | undefined;

  /** Adds a text, or a member to the equal one. */
  add(text: QueryTokens, member: Member): void {
    if (this.#last?.text === text) return void this.#last.members.push(member); // the next question of a query
    const hash = hashOf(text);
    const alike = this.#byHash.get(hash);
    this.#last = alike?.find((known) => isEqual(known.text, text));
    if (this.#last !== undefined) return void this.#last.members.push(member);
    this.#last = { text, members: [member] };
    this.texts.push(this.#last);
    if (alike === undefined) this.#byHash.set(hash, [this.#last]);
    else alike.push(this.#last);
  }
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

/** What to compute for the questions about one text. */
export function readingsOf(queries: readonly CheckedQuestions[], askers: readonly Asker[]): Reading[] {
  const readings: Reading[] = [];
  const byKey = new Map<string, Reading>();
  // One query asks a readout once, so that it shares nothing with itself.
  const mayShare = askers.length > 1 && askers[0]?.query !== askers.at(-1)?.query;
  for (const asker of askers) {
    const asked = queries[asker.query]?.[asker.question] as CheckedQuestion;
    const key = mayShare ? keyOf(asked) : null;
    const known = key === null ? undefined : byKey.get(key);
    if (known !== undefined) {
      known.askers.push(asker);
      continue;
    }
    const reading = { ...asked, askers: [asker] };
    readings.push(reading);
    if (key !== null) byKey.set(key, reading);
  }
  return readings;
}

/** A key that questions about one text share if one computation serves them; null if it serves no other question. */
function keyOf({ readout, ask, positions }: CheckedQuestion): string | null {
  const { name, inputs, inputKey } = readout;
  if (inputs !== undefined && inputKey === undefined) return null;
  return `${name} ${inputKey?.(ask) ?? ""} ${Array.prototype.join.call(positions)}`;
}
