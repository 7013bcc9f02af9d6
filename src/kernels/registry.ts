/** All kernels of the library: what the conformance suite, the benches and the Chromium check iterate. */

import { activation } from "./activation.ts";
import { attention } from "./attention.ts";
import { attentionApply } from "./attention_apply.ts";
import { attentionProbabilities } from "./attention_probabilities.ts";
import { crossEntropy } from "./cross_entropy.ts";
import { embeddings } from "./embeddings.ts";
import { gatherRows } from "./gather_rows.ts";
import type { Kernel } from "./kernel.ts";
import { layerNorm } from "./layer_norm.ts";
import { matmul } from "./matmul.ts";
import { matmulSplit } from "./matmul_split.ts";
import { matmulTextured } from "./matmul_textured.ts";
import { matmulTiled } from "./matmul_tiled.ts";
import { meanRows } from "./mean_rows.ts";
import { pointwiseLoss } from "./pointwise_loss.ts";
import { reduceSum } from "./reduce_sum.ts";
import { reshape } from "./reshape.ts";
import { scatterRows } from "./scatter_rows.ts";
import { softmax } from "./softmax.ts";
import { topK } from "./top_k.ts";

/** Every kernel, by family. A new one is its shader, its contract, its twin and cases, and a line here. */
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
  meanRows,
  reshape,
  scatterRows,
  softmax,
  topK,
  crossEntropy,
  pointwiseLoss,
  reduceSum,
];
