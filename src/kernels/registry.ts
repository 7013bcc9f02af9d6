/** All kernels of the library: what the conformance suite, the benches and the Chromium check iterate. */

import { activation } from "./rows/activation.ts";
import { attention } from "./attention/attention.ts";
import { attentionApply } from "./attention/attention_apply.ts";
import { attentionProbabilities } from "./attention/attention_probabilities.ts";
import { crossEntropy } from "./losses/cross_entropy.ts";
import { embeddings } from "./rows/embeddings.ts";
import { gatherRows } from "./rows/gather_rows.ts";
import { gatherWords } from "./rows/gather_words.ts";
import type { Kernel } from "./kernel.ts";
import { klDivergence } from "./losses/kl_divergence.ts";
import { layerNorm } from "./rows/layer_norm.ts";
import { matmul } from "./products/matmul.ts";
import { matmulSplit } from "./products/matmul_split.ts";
import { matmulTextured } from "./products/matmul_textured.ts";
import { matmulTiled } from "./products/matmul_tiled.ts";
import { meanRows } from "./rows/mean_rows.ts";
import { poolRows } from "./rows/pool_rows.ts";
import { pointwiseLoss } from "./losses/pointwise_loss.ts";
import { reduceSum } from "./losses/reduce_sum.ts";
import { weightedSum } from "./losses/weighted_sum.ts";
import { reshape } from "./rows/reshape.ts";
import { softmax } from "./rows/softmax.ts";
import { topK } from "./rows/top_k.ts";
import { addPlaced } from "./training/add_placed.ts";
import { addScaled } from "./training/add_scaled.ts";
import { accumulate } from "./training/accumulate.ts";
import { attentionDistanceGradient } from "./training/attention/attention_distance_gradient.ts";
import { attentionDropout } from "./training/attention/attention_dropout.ts";
import { attentionKeyGradient } from "./training/attention/attention_key_gradient.ts";
import { attentionQueryGradient } from "./training/attention/attention_query_gradient.ts";
import { attentionScoreGradient } from "./training/attention/attention_score_gradient.ts";
import { columnSums } from "./training/column_sums.ts";
import { groupDots } from "./training/group_dots.ts";
import { scaleGroups } from "./training/scale_groups.ts";
import { crossEntropyGradient } from "./training/losses/cross_entropy_gradient.ts";
import { klDivergenceGradient } from "./training/losses/kl_divergence_gradient.ts";
import { meanGradient } from "./training/losses/mean_gradient.ts";
import { pointwiseLossGradient } from "./training/losses/pointwise_loss_gradient.ts";
import { activationGradient } from "./training/rows/activation_gradient.ts";
import { embeddingSums } from "./training/rows/embedding_sums.ts";
import { layerNormGradient } from "./training/rows/layer_norm_gradient.ts";
import { meanRowsGradient } from "./training/rows/mean_rows_gradient.ts";
import { segmentSums } from "./training/rows/segment_sums.ts";
import { dropout } from "./training/dropout.ts";
import { adamw } from "./training/optimizer/adamw.ts";
import { sgd } from "./training/optimizer/sgd.ts";
import { stepControl } from "./training/optimizer/step_control.ts";
import { sumSquares } from "./training/optimizer/sum_squares.ts";
import { softmaxGradient } from "./training/softmax_gradient.ts";
import { zeros } from "./training/zeros.ts";
import { peakCopy } from "./peak/peak_copy.ts";
import { peakMultiplyAdds } from "./peak/peak_multiply_adds.ts";
import { fingerprint } from "./tuning/fingerprint.ts";

/** Every kernel of models, by family. A new one is its shader, its contract, its twin and cases, and a line here. */
export const KERNELS: readonly Kernel[] = [
  attention,
  attentionProbabilities,
  attentionApply,
  matmul,
  matmul.f16,
  matmulTextured,
  matmulTiled,
  matmulTiled.f16,
  matmulSplit,
  matmulSplit.f16,
  activation,
  embeddings,
  embeddings.f16,
  layerNorm,
  gatherRows,
  gatherWords,
  gatherWords.f16,
  meanRows,
  poolRows,
  reshape,
  softmax,
  topK,
  crossEntropy,
  pointwiseLoss,
  klDivergence,
  reduceSum,
  weightedSum,
  addScaled,
  addPlaced,
  accumulate,
  zeros,
  columnSums,
  scaleGroups,
  groupDots,
  softmaxGradient,
  activationGradient,
  layerNormGradient,
  embeddingSums,
  segmentSums,
  meanRowsGradient,
  crossEntropyGradient,
  pointwiseLossGradient,
  klDivergenceGradient,
  meanGradient,
  attentionDropout,
  attentionScoreGradient,
  attentionQueryGradient,
  attentionKeyGradient,
  attentionDistanceGradient,
  dropout,
  sumSquares,
  stepControl,
  adamw,
  sgd,
];

/** Kernels that measure adapters and tell drivers apart: compiled as all others, but by no model. */
export const MEASURING_KERNELS: readonly Kernel[] = [peakCopy, peakMultiplyAdds, fingerprint];
