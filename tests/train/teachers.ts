/** Teachers of the small model. */

import { NarrowBertConfig, NarrowBertForSequenceClassification } from "../../mod.ts";
import { BATCH, CONFIG } from "./small_training.ts";

/** As the student, but wider, with more layers, all of them full. It would drop in a training of its own. */
export const LARGER = {
  hidden_size: 14,
  num_hidden_layers: 5,
  full_length_layers: 5,
  num_attention_heads: 2,
  intermediate_size: 17,
  hidden_dropout_prob: 0.5,
};

/** The config of the student with some fields changed. */
export function configOf(change: Record<string, unknown> = {}): NarrowBertConfig {
  return new NarrowBertConfig({ ...CONFIG.to_json(), ...change });
}

/** A teacher with random weights. @param change Fields of its config that are others. */
export async function teacherOf(
  change: Record<string, unknown> = {},
  dtype: "f32" | "f16" = "f32",
): Promise<NarrowBertForSequenceClassification> {
  return await NarrowBertForSequenceClassification.from_config(configOf({ ...LARGER, ...change }), { seed: 11, dtype });
}

const { labels: _, ...unlabelled } = BATCH;

/** The texts without their labels. */
export const UNLABELLED = unlabelled;
