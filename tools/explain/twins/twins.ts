/** The table of twins: every kernel of the registry has one. */

import { attentionApplyTwin, attentionProbabilitiesTwin, attentionTwin } from "./attention.ts";
import {
  attentionDistanceGradientTwin,
  attentionDropoutTwin,
  attentionKeyGradientTwin,
  attentionQueryGradientTwin,
  attentionScoreGradientTwin,
} from "./attention_gradients.ts";
import { crossEntropyTwin, klDivergenceTwin, pointwiseLossTwin, reduceSumTwin, weightedSumTwin } from "./losses.ts";
import { adamwTwin, dropoutTwin, sgdTwin, stepControlTwin, sumSquaresTwin } from "./optimizer.ts";
import { matmulTwin } from "./products.ts";
import {
  activationGradientTwin,
  crossEntropyGradientTwin,
  embeddingSumsTwin,
  klDivergenceGradientTwin,
  layerNormGradientTwin,
  meanGradientTwin,
  meanRowsGradientTwin,
  pointwiseLossGradientTwin,
  segmentSumsTwin,
} from "./row_gradients.ts";
import {
  activationTwin,
  embeddingsTwin,
  gatherRowsTwin,
  layerNormTwin,
  meanRowsTwin,
  reshapeTwin,
  softmaxTwin,
  topKTwin,
} from "./rows.ts";
import {
  addPlacedTwin,
  addScaledTwin,
  columnSumsTwin,
  scaleGroupsTwin,
  softmaxGradientTwin,
  zerosTwin,
} from "./training.ts";
import type { Twin } from "./twin.ts";

/** Twins by the names of kernels. */
export const TWINS: Readonly<Record<string, Twin>> = {
  attention: attentionTwin,
  attention_probabilities: attentionProbabilitiesTwin,
  attention_apply: attentionApplyTwin,
  matmul: matmulTwin,
  matmul_f16: matmulTwin,
  matmul_textured: matmulTwin,
  matmul_tiled: matmulTwin,
  matmul_tiled_f16: matmulTwin,
  matmul_split: matmulTwin,
  matmul_split_f16: matmulTwin,
  activation: activationTwin,
  embeddings: embeddingsTwin,
  embeddings_f16: embeddingsTwin,
  layer_norm: layerNormTwin,
  gather_rows: gatherRowsTwin,
  mean_rows: meanRowsTwin,
  reshape: reshapeTwin,
  softmax: softmaxTwin,
  top_k: topKTwin,
  cross_entropy: crossEntropyTwin,
  pointwise_loss: pointwiseLossTwin,
  reduce_sum: reduceSumTwin,
  kl_divergence: klDivergenceTwin,
  weighted_sum: weightedSumTwin,
  zeros: zerosTwin,
  add_placed: addPlacedTwin,
  add_scaled: addScaledTwin,
  column_sums: columnSumsTwin,
  scale_groups: scaleGroupsTwin,
  softmax_gradient: softmaxGradientTwin,
  activation_gradient: activationGradientTwin,
  layer_norm_gradient: layerNormGradientTwin,
  embedding_sums: embeddingSumsTwin,
  embedding_sums_f16: embeddingSumsTwin,
  segment_sums: segmentSumsTwin,
  mean_rows_gradient: meanRowsGradientTwin,
  cross_entropy_gradient: crossEntropyGradientTwin,
  pointwise_loss_gradient: pointwiseLossGradientTwin,
  kl_divergence_gradient: klDivergenceGradientTwin,
  mean_gradient: meanGradientTwin,
  attention_dropout: attentionDropoutTwin,
  attention_score_gradient: attentionScoreGradientTwin,
  attention_query_gradient: attentionQueryGradientTwin,
  attention_key_gradient: attentionKeyGradientTwin,
  attention_distance_gradient: attentionDistanceGradientTwin,
  dropout: dropoutTwin,
  sum_squares: sumSquaresTwin,
  step_control: stepControlTwin,
  adamw: adamwTwin,
  sgd: sgdTwin,
};
