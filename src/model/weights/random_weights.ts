/** Random initial weights, as BERT's: a seed gives the same on every machine. */

import { normals } from "../../base/random.ts";
import { elementCount } from "../../base/shape.ts";
import type { ElementSource } from "../../nn/parameters.ts";
import type { NarrowBertConfig } from "../config/config.ts";
import { WORD_EMBEDDINGS } from "./published_names.ts";

/**
 * Weights for the given names and shapes: matrices normal with deviation `initializer_range`, biases 0, LayerNorm
 * weights 1, the padding word's embedding 0.
 */
export function randomWeights(
  { initializer_range, pad_token_id, hidden_size }: NarrowBertConfig,
  shapes: ReadonlyMap<string, readonly number[]>,
  seed: number,
): ElementSource {
  if (!Number.isInteger(seed) || seed < 0 || seed >= 2 ** 32) {
    throw new RangeError(`Cannot make random weights: seed must be a whole number from 0 to 4294967295, got ${seed}`);
  }
  const streams = new Map([...shapes.keys()].map((name, i) => [name, i]));
  return {
    get(name) {
      const shape = shapes.get(name) as readonly number[];
      const count = elementCount(shape);
      if (name.endsWith("LayerNorm.weight")) return new Float32Array(count).fill(1);
      if (shape.length === 1) return new Float32Array(count);
      const values = normals(seed, streams.get(name) as number, count).map((value) => value * initializer_range);
      if (name === WORD_EMBEDDINGS && pad_token_id !== null) {
        values.fill(0, pad_token_id * hidden_size, (pad_token_id + 1) * hidden_size);
      }
      return values;
    },
  };
}
