/** A small trunk with random weights, and texts for it. */

import {
  labelLogits,
  maskedWords,
  meanState,
  NarrowBertConfig,
  pooledState,
  states,
  targetWords,
  topWords,
  Trunk,
  wordLogits,
  wordProbabilities,
} from "../../mod.ts";

/** Its config: 60 words, texts of up to 40 tokens. */
export const CONFIG = new NarrowBertConfig({
  vocab_size: 60,
  hidden_size: 32,
  num_hidden_layers: 4,
  full_length_layers: 2,
  num_attention_heads: 4,
  intermediate_size: 48,
  max_position_embeddings: 40,
  initializer_range: 0.2,
  num_labels: 3,
});

/** Its readouts. */
export const READOUTS = [
  topWords,
  labelLogits,
  states,
  meanState,
  pooledState,
  wordLogits,
  targetWords,
  wordProbabilities,
  maskedWords,
] as const;

/** Makes it. */
export const smallTrunk = () => Trunk.from_config(CONFIG, { readouts: READOUTS, seed: 4 });

/** Texts of different lengths, no two of the first 17 alike. */
export const tokensOf = (i: number) => ({
  input_ids: Array.from({ length: 3 + (5 * i) % 17 }, (_, l) => 5 + (7 * i + 3 * l) % 50),
});

/** Texts of 20 tokens, no two of the first 600 alike. */
export const longTokensOf = (i: number) => ({
  input_ids: Array.from({ length: 20 }, (_, l) => 5 + (l === 0 ? Math.floor(i / 55) : i * 31 + l * (1 + i % 7)) % 55),
});
