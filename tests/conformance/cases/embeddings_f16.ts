/** Cases of embeddings with words of 16 bits. */

import type { embeddings } from "../../../src/kernels/rows/embeddings.ts";
import type { Cases } from "../conformance.ts";
import { casesWith } from "./embeddings.ts";

export function* cases(): Cases<typeof embeddings.f16> {
  yield* casesWith((words) => ({ words: words.map(Math.f16round), stored: new Float16Array(words) }));
}
