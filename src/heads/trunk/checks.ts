/** Checks a query before the GPU sees it: shaders clamp wrong ids silently. */

import { InputError } from "../../base/errors.ts";
import { describe, kindOf } from "../../base/messages.ts";
import type { NarrowBertConfig } from "../../model/config/config.ts";
import type { ReadoutDefinition } from "../readouts/definition.ts";
import type { QueryTokens } from "../readouts/query_tokens.ts";
import type { ContextQuery, Query } from "./query.ts";
import type { CheckedQuestions } from "./sequences.ts";

/** The model and the readouts that a query is checked against. */
interface Asked {
  readonly readouts: ReadonlyMap<string, ReadoutDefinition>;
  readonly config: NarrowBertConfig;
  /** What is checked, in messages: `query 3 of 8`. */
  readonly subject: string;
}

/**
 * Checks a query. The questions of the result are copies; its tokens are the query's own.
 *
 * @throws {InputError} On tokens that do not fit the model, an unknown readout, or options that it cannot take.
 */
export function checkQuery(query: Query, asked: Asked): CheckedQuestions {
  checkObject(query, ["tokens", "ask"], asked);
  const { tokens, ask } = query;
  checkTokens(tokens, "answer", asked);
  return checkQuestions(ask, tokens, asked);
}

/**
 * Checks a query of a context, as {@linkcode checkQuery} does.
 *
 * @param texts The texts of the context.
 * @returns The number of its text besides.
 * @throws {InputError} If the text is not in the context, or a readout changes tokens, besides.
 */
export function checkContextQuery(
  query: ContextQuery,
  texts: readonly QueryTokens[],
  asked: Asked,
): { text: number; questions: CheckedQuestions } {
  const { subject } = asked;
  if (typeof query === "object" && query !== null && "tokens" in query) {
    throw new InputError(
      `Cannot answer ${subject}: a query of a context names its text by text, and must have no tokens; ask a trunk's ` +
        "answer about other tokens",
    );
  }
  checkObject(query, ["text", "ask"], asked);
  const { text = texts.length === 1 ? 0 : undefined, ask } = query;
  const tokens = typeof text === "number" ? texts[text] : undefined;
  if (text === undefined || tokens === undefined) {
    const found = text === undefined ? "none" : describe(text);
    throw new InputError(
      `Cannot answer ${subject}: text must be the number of a text of the context, ${countedUpTo(texts)}, got ${found}`,
    );
  }
  const questions = checkQuestions(ask as Query["ask"], tokens, asked);
  const changing = questions.find(({ readout }) => readout.tokens !== undefined);
  if (changing === undefined) return { text, questions };
  throw new InputError(
    `Cannot answer ${subject}: ${changing.readout.name} changes tokens of its text, and a context was computed from ` +
      "the text as it was; ask a trunk's answer",
  );
}

function countedUpTo({ length }: readonly unknown[]): string {
  return length === 0 ? "which has none" : `from 0 to ${length - 1}`;
}

function checkObject(query: unknown, parts: readonly string[], { subject }: Asked): void {
  const isObject = typeof query === "object" && query !== null;
  const unknown = isObject ? Object.keys(query).find((name) => !parts.includes(name)) : undefined;
  if (isObject && unknown === undefined) return;
  const found = isObject ? `"${unknown}"` : kindOf(query);
  throw new InputError(`Cannot answer ${subject}: it must be an object of ${parts.join(" and ")}, got ${found}`);
}

function checkQuestions(
  ask: Query["ask"],
  tokens: QueryTokens,
  { readouts, config, subject }: Asked,
): CheckedQuestions {
  const about = { tokens: tokens.input_ids.length, config };
  const asked = Object.entries(ask ?? {}).filter(([, options]) => options !== undefined);
  if (asked.length === 0) {
    throw new InputError(`Cannot answer ${subject}: it must ask a readout, of ${listed(readouts)}; got none`);
  }
  return asked.map(([name, options]) => {
    const readout = readouts.get(name);
    if (readout === undefined) {
      throw new InputError(
        `Cannot answer ${subject}: there is no readout "${name}"; this trunk has ${listed(readouts)}`,
      );
    }
    if (typeof options !== "object" || options === null || Array.isArray(options)) {
      const found = Array.isArray(options) ? "an array" : String(options);
      throw new InputError(`Cannot answer ${subject}: ${name} must be an object of options, got ${found}`);
    }
    checkNames(options, { readout, subject });
    const own = copyOf(options);
    try {
      const positions = readout.rows(own, about);
      return { readout, ask: own, positions, tokens: readout.tokens?.(own, tokens) ?? tokens };
    } catch (cause) {
      if (!(cause instanceof RangeError || cause instanceof TypeError)) throw cause;
      throw new InputError(`Cannot answer ${subject}: ${name}.${cause.message}`, { cause });
    }
  });
}

function checkNames(
  options: object,
  { readout: { name, options: known }, subject }: { readout: ReadoutDefinition; subject: string },
): void {
  const unknown = Object.keys(options).find((option) => !known.includes(option));
  if (unknown === undefined) return;
  throw new InputError(
    `Cannot answer ${subject}: ${name} has no option "${unknown}"; ` +
      (known.length === 0 ? "it has none" : `its options are ${known.join(", ")}`),
  );
}

/** A copy of options, which later changes of their arrays do not reach. */
function copyOf(options: object): object {
  return Object.fromEntries(
    Object.entries(options).map(([name, value]) => {
      const isList = typeof value === "object" && value !== null && typeof value.length === "number";
      return [name, isList ? Array.from(value) : value];
    }),
  );
}

/**
 * Checks the tokens of a text.
 *
 * @param verb What is done with the subject, for the message: `answer`.
 * @throws {InputError} If they do not fit the model.
 */
export function checkTokens(
  tokens: QueryTokens,
  verb: "answer" | "encode",
  { config, subject }: Pick<Asked, "config" | "subject">,
): void {
  if (typeof tokens !== "object" || tokens === null) {
    throw new InputError(`Cannot ${verb} ${subject}: tokens must be an object with input_ids, got ${kindOf(tokens)}`);
  }
  const { input_ids, token_type_ids, attention_mask } = tokens;
  const { max_position_embeddings: longest, vocab_size, type_vocab_size } = config;
  const length = input_ids?.length;
  if (!Number.isInteger(length) || length < 1 || length > longest) {
    throw new InputError(
      `Cannot ${verb} ${subject}: it must have 1 to ${longest} tokens, got ${length ?? "no input_ids"}`,
    );
  }
  checkIndices("input_ids", input_ids, { length, below: vocab_size, verb, subject });
  if (token_type_ids !== undefined) {
    checkIndices("token_type_ids", token_type_ids, { length, below: type_vocab_size, verb, subject });
  }
  if (attention_mask === undefined) return;
  checkLength("attention_mask", attention_mask, { length, verb, subject });
  for (let i = 0; i < length; i++) {
    if (attention_mask[i] === 1) continue;
    throw new InputError(
      `Cannot ${verb} ${subject}: attention_mask[${i}] must be 1, as a query has no padding, got ${attention_mask[i]}`,
    );
  }
}

/** How many elements there must be, and what is said of those that are checked. */
interface Bounds {
  readonly length: number;
  readonly verb: string;
  readonly subject: string;
}

function checkIndices(
  name: string,
  values: ArrayLike<number>,
  { length, below, verb, subject }: Bounds & { below: number },
): void {
  checkLength(name, values, { length, verb, subject });
  for (let i = 0; i < length; i++) {
    const value = values[i] as number;
    if (value >= 0 && value < below && Number.isInteger(value)) continue;
    throw new InputError(
      `Cannot ${verb} ${subject}: ${name}[${i}] must be a whole number from 0 to ${below - 1}, got ${value}`,
    );
  }
}

function checkLength(
  name: string,
  values: ArrayLike<number>,
  { length, verb, subject }: Bounds,
): void {
  if (values?.length === length) return;
  const found = values?.length ?? kindOf(values);
  throw new InputError(`Cannot ${verb} ${subject}: ${name} must have ${length} elements, got ${found}`);
}

function listed(readouts: ReadonlyMap<string, ReadoutDefinition>): string {
  return [...readouts.keys()].join(", ");
}
