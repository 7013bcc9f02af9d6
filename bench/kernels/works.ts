/** The works of every kernel of the registry. */

import type { Kernel } from "../../src/kernels/kernel.ts";
import type { Tuning } from "../../src/kernels/tuning/slots.ts";
import { applyWorks, attentionWorks, probabilitiesWorks } from "./attention.ts";
import {
  attentionDropoutWorks,
  distanceGradientWorks,
  keyGradientWorks,
  queryGradientWorks,
  scoreGradientWorks,
} from "./attention_gradients.ts";
import {
  crossEntropyWorks,
  divergenceGradientWorks,
  divergenceWorks,
  pointwiseWorks,
  reduceWorks,
  weightedWorks,
} from "./losses.ts";
import { adamwWorks, dropoutWorks, sgdWorks, stepControlWorks, sumSquaresWorks } from "./optimizer.ts";
import { halved, matmulSplitWorks, matmulTexturedWorks, matmulTiledWorks, matmulWorks } from "./products.ts";
import {
  activationGradientWorks,
  crossEntropyGradientWorks,
  embeddingSumsWorks,
  layerNormGradientWorks,
  meanGradientWorks,
  meanRowsGradientWorks,
  pointwiseGradientWorks,
  segmentSumsWorks,
} from "./row_gradients.ts";
import {
  activationWorks,
  embeddingsWorks,
  gatherWordsWorks,
  gatherWorks,
  layerNormWorks,
  meanWorks,
  poolWorks,
  reshapeWorks,
  softmaxWorks,
  topKWorks,
} from "./rows.ts";
import {
  accumulateWorks,
  addPlacedWorks,
  addScaledWorks,
  columnSumsWorks,
  groupDotsWorks,
  scaleGroupsWorks,
  softmaxGradientWorks,
  zerosWorks,
} from "./training.ts";
import type { KernelWork } from "./work.ts";

/** What makes the works of a kernel, by its name; a new kernel of the registry needs its line. */
export const WORKS: Readonly<Record<string, (tuning: Tuning) => KernelWork[]>> = {
  accumulate: accumulateWorks,
  activation: activationWorks,
  activation_gradient: activationGradientWorks,
  adamw: adamwWorks,
  add_placed: addPlacedWorks,
  add_scaled: addScaledWorks,
  attention: attentionWorks,
  attention_apply: applyWorks,
  attention_distance_gradient: distanceGradientWorks,
  attention_dropout: attentionDropoutWorks,
  attention_key_gradient: keyGradientWorks,
  attention_probabilities: probabilitiesWorks,
  attention_query_gradient: queryGradientWorks,
  attention_score_gradient: scoreGradientWorks,
  column_sums: columnSumsWorks,
  cross_entropy: crossEntropyWorks,
  cross_entropy_gradient: crossEntropyGradientWorks,
  embedding_sums: embeddingSumsWorks,
  dropout: dropoutWorks,
  embeddings: () => embeddingsWorks(),
  embeddings_f16: () => embeddingsWorks({ halves: true }),
  gather_rows: gatherWorks,
  gather_words: () => gatherWordsWorks(),
  gather_words_f16: () => gatherWordsWorks({ halves: true }),
  group_dots: groupDotsWorks,
  kl_divergence: divergenceWorks,
  kl_divergence_gradient: divergenceGradientWorks,
  layer_norm: layerNormWorks,
  layer_norm_gradient: layerNormGradientWorks,
  matmul: matmulWorks,
  matmul_f16: (tuning) => halved(matmulWorks(tuning)),
  matmul_split: matmulSplitWorks,
  matmul_split_f16: (tuning) => halved(matmulSplitWorks(tuning)),
  matmul_textured: matmulTexturedWorks,
  matmul_tiled: matmulTiledWorks,
  matmul_tiled_f16: (tuning) => halved(matmulTiledWorks(tuning)),
  mean_gradient: meanGradientWorks,
  mean_rows: meanWorks,
  pool_rows: poolWorks,
  mean_rows_gradient: meanRowsGradientWorks,
  pointwise_loss: pointwiseWorks,
  pointwise_loss_gradient: pointwiseGradientWorks,
  reduce_sum: reduceWorks,
  reshape: reshapeWorks,
  scale_groups: scaleGroupsWorks,
  segment_sums: segmentSumsWorks,
  sgd: sgdWorks,
  softmax: softmaxWorks,
  softmax_gradient: softmaxGradientWorks,
  step_control: stepControlWorks,
  sum_squares: sumSquaresWorks,
  top_k: topKWorks,
  weighted_sum: weightedWorks,
  zeros: zerosWorks,
};

/**
 * The works of a kernel.
 *
 * @throws {Error} If there are none.
 */
export function worksOf(kernel: Kernel, tuning: Tuning): KernelWork[] {
  const works = WORKS[kernel.name];
  if (works === undefined) {
    throw new Error(`Cannot bench kernel ${kernel.name}: bench/kernels/works.ts has no work for it; add a line`);
  }
  return works(tuning);
}
