/** Cases of `gather_words` with words of 16 bits. */

import type { gatherWords } from "../../../src/kernels/rows/gather_words.ts";
import type { Cases } from "../conformance.ts";
import { casesWith } from "./gather_words.ts";

export function* cases(): Cases<typeof gatherWords.f16> {
  yield* casesWith((words) => ({ words: words.map(Math.f16round), stored: new Float16Array(words) }));
}
