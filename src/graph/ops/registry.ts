/** All ops, as tests iterate them: each has a gradient, or says why not. */

import type { AnyOp } from "../op.ts";
import { attentionOp } from "./attention/attention.ts";
import { activationOp } from "./rows/activation.ts";
import { embeddingsOp } from "./rows/embeddings.ts";
import { gatherRowsOp } from "./rows/gather_rows.ts";
import { gatherWordsOp } from "./rows/gather_words.ts";
import { layerNormOp } from "./rows/layer_norm.ts";
import { linearOp } from "./products/linear.ts";
import { linearSlicesOp } from "./products/linear_slices.ts";
import { crossEntropyOp } from "./losses/cross_entropy.ts";
import { klDivergenceOp } from "./losses/kl_divergence.ts";
import { meanOp } from "./losses/mean.ts";
import { pointwiseLossOp } from "./losses/pointwise_loss.ts";
import { weightedSumOp } from "./losses/weighted_sum.ts";
import { matmulOp } from "./products/matmul.ts";
import { meanRowsOp } from "./rows/mean_rows.ts";
import { poolRowsOp } from "./rows/pool_rows.ts";
import { reshapeOp } from "./rows/reshape.ts";
import { softmaxOp } from "./rows/softmax.ts";
import { topKOp } from "./rows/top_k.ts";
import { addPlacedOp } from "./training/add_placed.ts";
import { accumulateOp } from "./training/accumulate.ts";
import { addScaledOp } from "./training/add_scaled.ts";
import { attentionDistanceGradientOp } from "./training/attention/distance_gradient.ts";
import { attentionDropoutOp } from "./training/attention/dropout.ts";
import { attentionKeyGradientOp } from "./training/attention/key_gradient.ts";
import { attentionProbabilitiesOp } from "./training/attention/probabilities.ts";
import { attentionQueryGradientOp } from "./training/attention/query_gradient.ts";
import { attentionScoreGradientOp } from "./training/attention/score_gradient.ts";
import { columnSumsOp } from "./training/column_sums.ts";
import { groupDotsOp } from "./training/group_dots.ts";
import { scaleGroupsOp } from "./training/scale_groups.ts";
import { crossEntropyGradientOp } from "./training/losses/cross_entropy_gradient.ts";
import { klDivergenceGradientOp } from "./training/losses/kl_divergence_gradient.ts";
import { meanGradientOp } from "./training/losses/mean_gradient.ts";
import { pointwiseLossGradientOp } from "./training/losses/pointwise_loss_gradient.ts";
import { activationGradientOp } from "./training/rows/activation_gradient.ts";
import { embeddingSumsOp } from "./training/rows/embedding_sums.ts";
import { layerNormGradientOp } from "./training/rows/layer_norm_gradient.ts";
import { meanRowsGradientOp } from "./training/rows/mean_rows_gradient.ts";
import { segmentSumsOp } from "./training/rows/segment_sums.ts";
import { dropoutOp } from "./training/dropout.ts";
import { adamwOp } from "./training/optimizer/adamw.ts";
import { sgdOp } from "./training/optimizer/sgd.ts";
import { stepControlOp } from "./training/optimizer/step_control.ts";
import { sumSquaresOp } from "./training/optimizer/sum_squares.ts";
import { softmaxGradientOp } from "./training/softmax_gradient.ts";
import { zerosOp } from "./training/zeros.ts";

/** Every op. A new one is its file and a line here. */
export const OPS: readonly AnyOp[] = [
  activationOp,
  embeddingsOp,
  layerNormOp,
  gatherRowsOp,
  gatherWordsOp,
  meanRowsOp,
  poolRowsOp,
  reshapeOp,
  softmaxOp,
  topKOp,
  matmulOp,
  linearOp,
  linearSlicesOp as AnyOp,
  attentionOp,
  crossEntropyOp,
  pointwiseLossOp,
  klDivergenceOp,
  meanOp,
  weightedSumOp,
  addScaledOp,
  addPlacedOp,
  accumulateOp,
  zerosOp as AnyOp,
  columnSumsOp,
  scaleGroupsOp,
  groupDotsOp,
  softmaxGradientOp,
  activationGradientOp,
  layerNormGradientOp,
  embeddingSumsOp,
  segmentSumsOp,
  meanRowsGradientOp,
  crossEntropyGradientOp,
  pointwiseLossGradientOp,
  klDivergenceGradientOp,
  meanGradientOp,
  attentionDropoutOp,
  attentionProbabilitiesOp,
  attentionScoreGradientOp,
  attentionQueryGradientOp,
  attentionKeyGradientOp,
  attentionDistanceGradientOp,
  dropoutOp,
  sumSquaresOp,
  stepControlOp,
  adamwOp,
  sgdOp,
];
