/** Rows of texts with their possible continuations. */

import type { ChoiceExample } from "../examples.ts";
import { type Encoder, encodeTexts, type EncodingSettings } from "./encoder.ts";
import { rowOf } from "./row.ts";

/** Encodes the pairs of a text and each of its continuations. */
export function choices(settings: EncodingSettings): Encoder<ChoiceExample> {
  return {
    encode: (examples) =>
      examples.map(({ number, example: { text, choices, label } }) => {
        const encoded = encodeTexts(choices.map((choice) => [text, choice] as const), settings);
        const sequences = encoded.map(({ ids, first }) => ({ ids, first }));
        return rowOf([number], { sequences, labels: [label], truncated: encoded.some(({ truncated }) => truncated) });
      }),
  };
}
