/**
 * What the tables of examples/wordnet promise: models of the shipped ones' size, with 2 of their 4 layers full against
 * all 4, in training and after, by batches of WordNet's texts (15 tokens on average).
 */

import {
  AdamW,
  NarrowBertConfig,
  NarrowBertForMaskedLM,
  NarrowBertForSequenceClassification,
  NarrowBertForTokenClassification,
} from "../mod.ts";
import { flags, narrowMask, SEED, tokens } from "./bert256.ts";
import { benchRace } from "./interleaved.ts";

const LENGTH = 15;

/** Masked words of a text: 20%. */
const MASKED = 3;

/** Labelled words of a text, of which WordNet's usage examples have four. */
const TAGGED = 4;

const NAMES = { full: "all 4 layers full", narrow: "2 full, 2 narrow" };

const configOf = (full: number, num_labels = 2) =>
  new NarrowBertConfig({
    num_hidden_layers: 4,
    full_length_layers: full,
    hidden_size: 128,
    num_attention_heads: 4,
    intermediate_size: 512,
    vocab_size: 8000,
    max_position_embeddings: 96,
    hidden_dropout_prob: 0.1,
    attention_probs_dropout_prob: 0,
    num_labels,
  });

/** Runs of a narrow and a full model take turns. */
async function race(name: string, runOf: (full: number) => Promise<() => Promise<unknown>>): Promise<void> {
  const runs = { [NAMES.full]: await runOf(4), [NAMES.narrow]: await runOf(2) };
  benchRace({ name, baseline: NAMES.full }, runs);
}

/** A label for each of `rows` words of a text, evenly spread; the rest have none. */
function labelsOf(texts: number, rows: number): number[][] {
  const chosen = narrowMask(texts, LENGTH, rows);
  return flags(texts, LENGTH, (l, b) => chosen[b]![l] === 1 ? (l + b) % 40 : -100);
}

await race("a step of mlm, 128 texts", async (full) => {
  const config = configOf(full);
  const model = await NarrowBertForMaskedLM.from_config(config, { seed: SEED });
  const optimizer = new AdamW(model, { lr: 1e-6 });
  const [input_ids, labels] = [tokens(128, LENGTH, config), labelsOf(128, MASKED)];
  return () => optimizer.step({ input_ids, labels, narrow_mask: narrowMask(128, LENGTH, MASKED) });
});

await race("a step of topics, 64 texts", async (full) => {
  const config = configOf(full, 41);
  const model = await NarrowBertForSequenceClassification.from_config(config, { seed: SEED });
  const optimizer = new AdamW(model, { lr: 1e-6 });
  const [input_ids, labels] = [tokens(64, LENGTH, config), Array.from({ length: 64 }, (_, b) => b % 41)];
  return () => optimizer.step({ input_ids, labels });
});

await race("a step of tags, 64 texts", async (full) => {
  const config = configOf(full, 42);
  const model = await NarrowBertForTokenClassification.from_config(config, { seed: SEED });
  const optimizer = new AdamW(model, { lr: 1e-6 });
  const [input_ids, labels] = [tokens(64, LENGTH, config), labelsOf(64, TAGGED)];
  return () => optimizer.step({ input_ids, labels, narrow_mask: narrowMask(64, LENGTH, TAGGED) });
});

await race("topics of 256 texts", async (full) => {
  const config = configOf(full, 41);
  const model = await NarrowBertForSequenceClassification.from_config(config, { seed: SEED });
  const input_ids = tokens(256, LENGTH, config);
  return () => model.forward({ input_ids });
});
