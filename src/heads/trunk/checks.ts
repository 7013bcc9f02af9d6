/** Checks a query before the GPU sees it: shaders clamp wrong ids silently. */

import { InputError } from "../../base/errors.ts";
import { kindOf } from "../../base/messages.ts";
import type { NarrowBertConfig } from "../../model/config/config.ts";
import type { ReadoutDefinition } from "../readouts/definition.ts";
import type { Query, QueryTokens } from "./query.ts";
import type { CheckedQuery } from "./sequences.ts";

/**
 * Checks a query. The questions of the result are copies; its tokens are the query's own.
 *
 * @param subject Its name in messages: `query 3 of 8`.
 * @throws {InputError} On tokens that do not fit the model, an unknown readout, or options that it cannot take.
 */
export function checkQuery(
  query: Query,
  { readouts, config, subject }: {
    readouts: ReadonlyMap<string, ReadoutDefinition>;
    config: NarrowBertConfig;
    subject: string;
  },
): CheckedQuery {
  if (typeof query !== "object" || query === null) {
    throw new InputError(`Cannot answer ${subject}: it must be an object of tokens and ask, got ${kindOf(query)}`);
  }
  const { tokens, ask } = query;
  if (typeof tokens !== "object" || tokens === null) {
    throw new InputError(`Cannot answer ${subject}: tokens must be an object with input_ids, got ${kindOf(tokens)}`);
  }
  checkTokens(tokens, { config, subject });
  const about = { tokens: tokens.input_ids.length, config };
  const asked = Object.entries(ask ?? {}).filter(([, options]) => options !== undefined);
  if (asked.length === 0) {
    throw new InputError(`Cannot answer ${subject}: it must ask a readout, of ${listed(readouts)}; got none`);
  }
  const questions = asked.map(([name, options]) => {
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
      return { readout, ask: own, positions: readout.rows(own, about) };
    } catch (cause) {
      if (!(cause instanceof RangeError || cause instanceof TypeError)) throw cause;
      throw new InputError(`Cannot answer ${subject}: ${name}.${cause.message}`, { cause });
    }
  });
  return { tokens, questions };
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

function checkTokens(
  { input_ids, token_type_ids, attention_mask }: QueryTokens,
  { config, subject }: { config: NarrowBertConfig; subject: string },
): void {
  const { max_position_embeddings: longest, vocab_size, type_vocab_size } = config;
  const length = input_ids?.length;
  if (!Number.isInteger(length) || length < 1 || length > longest) {
    throw new InputError(
      `Cannot answer ${subject}: it must have 1 to ${longest} tokens, got ${length ?? "no input_ids"}`,
    );
  }
  checkIndices("input_ids", input_ids, { length, below: vocab_size, subject });
  if (token_type_ids !== undefined) {
    checkIndices("token_type_ids", token_type_ids, { length, below: type_vocab_size, subject });
  }
  if (attention_mask === undefined) return;
  checkLength("attention_mask", attention_mask, { length, subject });
  for (let i = 0; i < length; i++) {
    if (attention_mask[i] === 1) continue;
    throw new InputError(
      `Cannot answer ${subject}: attention_mask[${i}] must be 1, as a query has no padding, got ${attention_mask[i]}`,
    );
  }
}

function checkIndices(
  name: string,
  values: ArrayLike<number>,
  { length, below, subject }: { length: number; below: number; subject: string },
): void {
  checkLength(name, values, { length, subject });
  for (let i = 0; i < length; i++) {
    const value = values[i] as number;
    if (value >= 0 && value < below && Number.isInteger(value)) continue;
    throw new InputError(
      `Cannot answer ${subject}: ${name}[${i}] must be a whole number from 0 to ${below - 1}, got ${value}`,
    );
  }
}

function checkLength(
  name: string,
  values: ArrayLike<number>,
  { length, subject }: { length: number; subject: string },
): void {
  if (values?.length === length) return;
  const found = values?.length ?? kindOf(values);
  throw new InputError(`Cannot answer ${subject}: ${name} must have ${length} elements, got ${found}`);
}

function listed(readouts: ReadonlyMap<string, ReadoutDefinition>): string {
  return [...readouts.keys()].join(", ");
}
