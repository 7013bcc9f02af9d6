/** Rows of texts, or pairs of texts, with their labels. */

import type { TextOrPair } from "../../../text/bert_tokenizer.ts";
import type { Label, LabelledExample } from "../examples.ts";
import { numberOf } from "../tasks/fields.ts";
import type { LabelSet } from "../tasks/labels.ts";
import { type Encoder, encodeTexts, type EncodingSettings } from "./encoder.ts";
import { rowOf } from "./row.ts";

/** Encodes texts and pairs. */
export function labelledTexts(settings: EncodingSettings, labels: LabelSet): Encoder<LabelledExample> {
  return {
    encode(examples) {
      const texts = examples.map(({ example: { text, text_pair } }): TextOrPair => {
        return text_pair === undefined ? text : [text, text_pair];
      });
      return encodeTexts(texts, settings).map(({ truncated, ...sequence }, i) => {
        const { number, example } = examples[i]!;
        return rowOf([number], { sequences: [sequence], labels: targetsOf(example.label, labels), truncated });
      });
    },
  };
}

/** The id of a label, a 1 for each of several labels and a 0 for the others, or the number to be learned. */
function targetsOf(label: Label | readonly Label[], labels: LabelSet): number[] {
  if (typeof label !== "object") return [labels.problem === "regression" ? numberOf(label) : labels.idOf(label)];
  const targets = labels.names.map(() => 0);
  for (const each of label) targets[labels.idOf(each)] = 1;
  return targets;
}
