/** Cases of sums of embeddings with words of 16 bits. */

import type { embeddingSums } from "../../../src/kernels/training/rows/embedding_sums.ts";
import type { Cases } from "../conformance.ts";
import { casesWith } from "./embedding_sums.ts";

export function* cases(): Cases<typeof embeddingSums.f16> {
  yield* casesWith((words) => ({ words: words.map(Math.f16round), stored: new Float16Array(words) }));
}
