/** Every route that a model answers. */

import { multipleChoice, zeroShot } from "./choices.ts";
import { embed, embedAll, similarity } from "./embed.ts";
import { openAiEmbeddings } from "./openai.ts";
import { predict } from "./predict.ts";
import { rerank, rerankDocuments } from "./rerank.ts";
import type { Route } from "./route.ts";
import { tokenClassification } from "./token_classification.ts";
import { decode, tokenize } from "./tokenize.ts";
import { fillMask, scoreText } from "./words.ts";

/** All of them, in the order of their description. */
export const ROUTES: readonly Route[] = [
  embed,
  embedAll,
  similarity,
  predict,
  rerank,
  fillMask,
  scoreText,
  tokenClassification,
  multipleChoice,
  zeroShot,
  tokenize,
  decode,
  openAiEmbeddings,
  rerankDocuments,
];

/** The paths of the model's own task. */
export const OWN_TASK = ["/", "/invocations"] as const;
