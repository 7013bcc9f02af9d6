/** Entities: `/token_classification`. */

import type { EntityGroup, TokenEntity } from "../../../mod.ts";
import { z } from "../deps.ts";
import { defineRoute } from "./route.ts";
import { cutting, model, stringsOf, texts } from "./schemas.ts";

const entity = z.object({
  entity_group: z.string().optional(),
  entity: z.string().optional().openapi({ description: "In the place of `entity_group`, with the strategy `none`" }),
  score: z.number(),
  index: z.int().optional(),
  word: z.string(),
  start: z.int().openapi({ description: "Place in the text, in Unicode characters" }),
  end: z.int(),
});

/** Places in characters, as Python counts them, and Hugging Face's service with it. */
function inCharacters<E extends TokenEntity | EntityGroup>(text: string, entities: readonly E[]): E[] {
  if (!/[\ud800-\udbff][\udc00-\udfff]/.test(text)) return [...entities];
  const count = (index: number) => Array.from(text.slice(0, index)).length;
  return entities.map((entity) => ({ ...entity, start: count(entity.start), end: count(entity.end) }));
}

/** `/token_classification`. */
export const tokenClassification = defineRoute({
  path: "/token_classification",
  summary: "Find names and other entities in texts",
  description: "Neighbours of one kind are joined, unless `aggregation_strategy` is `none`.",
  request: z.object({
    inputs: texts,
    parameters: z.object({
      aggregation_strategy: z.enum(["none", "simple", "first", "average", "max"]).nullish(),
      ignore_labels: z.array(z.string()).nullish(),
      stride: z.int().min(0).nullish(),
      truncate: cutting.truncate,
    }).nullish(),
    model,
  }).openapi("TokenClassificationRequest"),
  response: z.union([z.array(entity), z.array(z.array(entity))]).openapi("Entities"),
  async answer({ inputs, parameters }, call) {
    const { aggregation_strategy, ignore_labels, stride, truncate } = parameters ?? {};
    const truncation = call.truncation(truncate);
    const all = stringsOf(inputs, call, truncation);
    const found = await call.pipeline("token-classification")(all, {
      aggregation_strategy: aggregation_strategy ?? "simple",
      ...(ignore_labels && { ignore_labels }),
      ...(typeof stride === "number" && { stride }),
      truncation,
      ...call.options(),
    });
    const counted = (found as (TokenEntity | EntityGroup)[][]).map((entities, i) => inCharacters(all[i]!, entities));
    return Array.isArray(inputs) ? counted : counted[0];
  },
});
