/** Stored names of weights, and their names in the published layout. */

import { BODY, DECODER, DECODER_BIAS, LOGIT_BIAS, WORD_EMBEDDINGS } from "./published_names.ts";

/** Copies that some checkpoints hold of weights that are shared, by the name of the one they are copies of. */
export const TIED: readonly (readonly [copy: string, name: string])[] = [
  [DECODER, WORD_EMBEDDINGS],
  [DECODER_BIAS, LOGIT_BIAS],
];

/** Weights of pretraining or of old versions of transformers that no model uses. */
const LEFTOVERS = new Set([
  `${BODY}embeddings.position_ids`,
  "cls.seq_relationship.weight",
  "cls.seq_relationship.bias",
]);

/**
 * What wrappers of a model leave before its names: `torch.compile`, data parallel training, Lightning modules, and
 * sentence-transformers, whose module 0 holds the transformer.
 */
const WRAPPERS = /^(?:(?:_orig_mod|module|model|(?:0\.)?auto_model)\.)+/;

/**
 * The published name of a stored weight. All but the heads' begin with `narrow_bert.`; files may have that, the
 * authors' original `bert.`, or nothing, and before it what wrappers leave. LayerNorm's `gamma` and `beta` become `weight` and `bias`. `layers.ts` decides
 * which list a layer belongs to.
 */
export function publishedName(stored: string): string {
  const unwrapped = stored.replace(WRAPPERS, "");
  const body = /^(?:narrow_bert\.|bert\.)?((?:embeddings|encoder|encoder_narrow|pooler)\..+)$/.exec(unwrapped)?.[1];
  const name = body === undefined ? unwrapped : BODY + body;
  return name.replace(/\.LayerNorm\.gamma$/, ".LayerNorm.weight").replace(/\.LayerNorm\.beta$/, ".LayerNorm.bias");
}

/** Whether a weight is left out without a warning: no model uses it, or it is of a pooler that is not wanted. */
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

/** The architecture that stored names belong to, if it is a known one. */
export function familyOf(stored: readonly string[]): string | undefined {
  return FAMILIES.find(([, names]) => stored.some((name) => names.test(name)))?.[0];
}
