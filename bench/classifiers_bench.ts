/**
 * What the guide docs/faster-classifier.md promises: a classifier of all-MiniLM-L6-v2's size (6 layers of width 384) with
 * all of its layers full, as an ordinary BERT, against the same with 2 and with 1, for short and long texts.
 */

import { NarrowBertConfig, NarrowBertForSequenceClassification } from "../mod.ts";
import { SEED, tokens } from "./bert256.ts";
import { benchRace } from "./interleaved.ts";

/** Texts of a call, and how many tokens each has. */
const CALLS = [[64, 16], [16, 64], [8, 128]] as const;

const LAYERS = 6;

async function classifier(full: number): Promise<NarrowBertForSequenceClassification> {
  const config = new NarrowBertConfig({
    num_hidden_layers: LAYERS,
    full_length_layers: full,
    hidden_size: 384,
    num_attention_heads: 12,
    intermediate_size: 1536,
    vocab_size: 4000, // words that no text has cost no time
    num_labels: 41,
  });
  return await NarrowBertForSequenceClassification.from_config(config, { seed: SEED });
}

const baseline = `all ${LAYERS} layers full`;
const classifiers = new Map([[baseline, await classifier(LAYERS)]]);
for (const full of [2, 1]) classifiers.set(`${full} full, ${LAYERS - full} narrow`, await classifier(full));

for (const [texts, length] of CALLS) {
  const runs = [...classifiers].map(([name, model]) => {
    const input_ids = tokens(texts, length, model.config);
    return [name, () => model.forward({ input_ids })] as const;
  });
  benchRace({ name: `classifiers, ${texts} x ${length}`, baseline }, Object.fromEntries(runs));
}
