/** Checks a query before the GPU sees it: shaders clamp wrong ids silently. */

import { InputError } from "../../base/errors.ts";
import type { NarrowBertConfig } from "../../model/config/config.ts";
import type { ReadoutDefinition } from "../readouts/definition.ts";
import type { CheckedQuery } from "./pass.ts";
import type { Query, QueryTokens } from "./query.ts";

/**
 * Checks a query.
 *
 * @param subject Its name in messages: `query 3 of 8`.
 * @throws {InputError} On tokens that do not fit the model, an unknown readout, or options that it cannot take.
 */
export function checkQuery(
  { tokens, ask }: Query,
  { readouts, config, subject }: {
    readouts: ReadonlyMap<string, ReadoutDefinition>;
    config: NarrowBertConfig;
    subject: string;
  },
): CheckedQuery {
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
    if (typeof options !== "object" || options === null) {
      throw new InputError(`Cannot answer ${subject}: ${name} must be an object of options, got ${String(options)}`);
    }
    try {
      return { readout, ask: options, positions: readout.rows(options, about) };
    } catch (cause) {
      if (!(cause instanceof RangeError || cause instanceof TypeError)) throw cause;
      throw new InputError(`Cannot answer ${subject}: ${name}.${cause.message}`, { cause });
    }
  });
  return { tokens, questions };
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
  if (values.length !== length) {
    throw new InputError(`Cannot answer ${subject}: ${name} must have ${length} elements, got ${values.length}`);
  }
  for (let i = 0; i < length; i++) {
    const value = values[i] as number;
    if (value >= 0 && value < below && Number.isInteger(value)) continue;
    throw new InputError(
      `Cannot answer ${subject}: ${name}[${i}] must be a whole number from 0 to ${below - 1}, got ${value}`,
    );
  }
}

function listed(readouts: ReadonlyMap<string, ReadoutDefinition>): string {
  return [...readouts.keys()].join(", ");
}
