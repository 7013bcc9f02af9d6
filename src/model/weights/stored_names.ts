/** Stored names of weights, and what they are in the published layout. */

import { BODY, WORD_EMBEDDINGS } from "./published_names.ts";

/** Copies that some checkpoints hold of weights that are shared, by the name of the one they are copies of. */
export const TIED: readonly (readonly [copy: string, name: string])[] = [
  ["cls.predictions.decoder.weight", WORD_EMBEDDINGS],
  ["cls.predictions.decoder.bias", "cls.predictions.bias"],
];

/** Left over from pretraining or from old versions of transformers, and never used. */
const LEFTOVERS = new Set([
  `${BODY}embeddings.position_ids`,
  "cls.seq_relationship.weight",
  "cls.seq_relationship.bias",
]);

/**
 * The published name of a stored weight: `narrow_bert.` before all but the heads, where files have that, the authors'
 * original `bert.` or nothing; LayerNorm's `gamma` and `beta` become `weight` and `bias`.
 * Which list a layer belongs to is settled in weight_layers.ts.
 */
export function publishedName(stored: string): string {
  const body = /^(?:narrow_bert\.|bert\.)?((?:embeddings|encoder|encoder_narrow|pooler)\..+)$/.exec(stored)?.[1];
  const name = body === undefined ? stored : BODY + body;
  return name.replace(/\.LayerNorm\.gamma$/, ".LayerNorm.weight").replace(/\.LayerNorm\.beta$/, ".LayerNorm.bias");
}

/** Whether a weight is left unread without a word: something left over, or a pooler that is not wanted. */
export function isSuperfluous(name: string, { pooler }: { readonly pooler: boolean }): boolean {
  return LEFTOVERS.has(name) || (!pooler && name.startsWith(`${BODY}pooler.dense.`));
}

/** Other architectures, by names that occur in their checkpoints only. */
const FAMILIES: readonly (readonly [family: string, names: RegExp])[] = [
  ["RoBERTa", /^roberta\./],
  ["DistilBERT", /^(distilbert\.|transformer\.layer\.\d+\.attention\.q_lin\.)/],
  ["ALBERT", /^(albert\.|encoder\.albert_layer_groups\.)/],
  ["ELECTRA", /^(electra|discriminator_predictions|generator_predictions)\./],
  ["DeBERTa", /^deberta\./],
  ["MPNet", /^mpnet\./],
  ["GPT-2", /^((transformer\.)?wte\.|(transformer\.)?h\.\d+\.attn\.)/],
  ["T5", /^(shared\.weight$|encoder\.block\.)/],
  ["Llama", /^model\.layers\.\d+\./],
];

/** The architecture that stored names give away, if it is a known one. */
export function familyOf(stored: readonly string[]): string | undefined {
  return FAMILIES.find(([, names]) => stored.some((name) => names.test(name)))?.[0];
}
