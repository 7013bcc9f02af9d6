/** How configs are refused. */

import assert from "node:assert/strict";
import { ConfigError } from "../../src/base/errors.ts";
import { NarrowBertConfig } from "../../src/model/config/config.ts";
import type { ConfigSource } from "../../src/model/config/source.ts";

/** The message of the ConfigError that `make` throws. */
export function refusal(make: () => unknown): string {
  try {
    make();
  } catch (error) {
    assert.ok(error instanceof ConfigError, `expected a ConfigError, got ${error}`);
    return error.message;
  }
  throw new assert.AssertionError({ message: "expected a ConfigError, got none" });
}

/** The message with which a config is refused. */
export function refusalOf(source: ConfigSource): string {
  return refusal(() => new NarrowBertConfig(source));
}

/** Keys that are sizes, from 1. */
export const SIZES = [
  "vocab_size",
  "hidden_size",
  "num_hidden_layers",
  "num_attention_heads",
  "intermediate_size",
  "max_position_embeddings",
  "type_vocab_size",
] as const;
