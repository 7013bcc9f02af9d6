/** `POST /`: the model's own task, as on an inference endpoint of Hugging Face. */

import type { ServedModel } from "../models/served_model.ts";
import { multipleChoice, zeroShot } from "./choices.ts";
import { embed, similarity } from "./embed.ts";
import { predict } from "./predict.ts";
import { rerank } from "./rerank.ts";
import type { Route } from "./route.ts";
import { tokenClassification } from "./token_classification.ts";
import { fillMask } from "./words.ts";

/** The route that a body without a path is for. */
export function ownRoute({ tasks: { own }, pipelines }: ServedModel, body: unknown): Route {
  const { inputs, parameters, query, texts } = Object(body) as Record<string, unknown>;
  const asks = (of: unknown, name: string) => typeof of === "object" && of !== null && name in of;
  if (asks(inputs, "source_sentence")) return similarity;
  switch (own) {
    case "fill-mask":
      return fillMask;
    case "token-classification":
      return tokenClassification;
    case "multiple-choice":
      return multipleChoice;
    case "text-classification":
      if (asks(parameters, "candidate_labels") && pipelines["zero-shot-classification"] !== undefined) return zeroShot;
      return pipelines["text-ranking"] !== undefined && query !== undefined && texts !== undefined ? rerank : predict;
  }
  return embed;
}
