/** How large a batch of logits over a vocabulary may be. */

import type { Encoding } from "../../text/encoding/encoding.ts";
import { BATCH_TOKENS, PADDED } from "../engine/batches.ts";

/**
 * What a logit counts for when texts are put into batches: a batch's logits `[B, rows, V]`, of 4 bytes each, are with
 * padding at most 128 MiB, which is what WebGPU lets every device bind.
 */
const TOKENS_PER_LOGIT = PADDED * BATCH_TOKENS / 2 ** 25;

/** What a text counts for in a batch: its tokens, or its logits where these weigh more. */
export function sizeWithLogits({ input_ids }: Encoding, logits: number): number {
  return Math.max(input_ids.length, logits * TOKENS_PER_LOGIT);
}
