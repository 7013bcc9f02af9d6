/** How large a batch of logits over a vocabulary may be. */

import type { Encoding } from "../../text/encoding/encoding.ts";
import { BATCH_TOKENS, PADDED } from "../engine/batches.ts";

/**
 * Tokens that a logit counts for in a batch. So the logits of several texts, of 4 bytes each, take at most 32 MiB, a
 * quarter of what every WebGPU device can bind.
 */
const TOKENS_PER_LOGIT = PADDED * BATCH_TOKENS / 2 ** 25;

/** Tokens that a text counts for in a batch: its own, or those of its logits if these are more. */
export function sizeWithLogits({ input_ids }: Encoding, logits: number): number {
  return Math.max(input_ids.length, logits * TOKENS_PER_LOGIT);
}
