/** Masked language models: `/fill_mask` and `/score`. */

import { z } from "../deps.ts";
import { defineRoute } from "./route.ts";
import { cutting, cuttingOf, model, stringsOf, texts } from "./schemas.ts";

const word = z.object({ score: z.number(), token: z.int(), token_str: z.string(), sequence: z.string() });
const words = z.array(word);

const parameters = z.object({
  top_k: z.int({ error: "it must be a whole number" }).min(1, { error: "it must be at least 1" }).nullish(),
  targets: z.union([z.string(), z.array(z.string())]).nullish(),
  ...cutting,
});

/** `/fill_mask`. */
export const fillMask = defineRoute({
  path: "/fill_mask",
  summary: "Guess the words behind masks",
  description: "For a text with one mask a list of words, with several masks a list for each, left to right.",
  request: z.object({
    inputs: texts.openapi({ example: "a large [MASK] with a long neck" }),
    parameters: parameters.nullish(),
    model,
  }).openapi("FillMaskRequest"),
  response: z.union([words, z.array(words), z.array(z.array(words))]).openapi("FilledMasks"),
  async answer({ inputs, parameters }, call) {
    const { truncation } = cuttingOf(parameters ?? {}, call);
    const { top_k, targets } = parameters ?? {};
    const all = stringsOf(inputs, call, truncation);
    const found = await call.pipeline("fill-mask")(all, {
      truncation,
      ...(top_k && { top_k }),
      ...(targets && { targets: typeof targets === "string" ? [targets] : targets }),
      ...call.options(),
    });
    return Array.isArray(inputs) ? found : found[0];
  },
});

const score = z.object({
  score: z.number(),
  tokens: z.array(z.object({ index: z.int(), token: z.int(), token_str: z.string(), score: z.number() })),
});

/** `/score`. */
export const scoreText = defineRoute({
  path: "/score",
  summary: "Say how likely texts are",
  description: "The sum of the logarithms of each token's probability when it alone is masked.",
  request: z.object({ inputs: texts, truncate: cutting.truncate, model }).openapi("ScoreRequest"),
  response: z.union([score, z.array(score)]).openapi("Scores"),
  async answer({ inputs, truncate }, call) {
    const truncation = call.truncation(truncate);
    const all = stringsOf(inputs, call, truncation);
    const found = await call.pipeline("score")(all, { truncation, ...call.options() });
    return Array.isArray(inputs) ? found : found[0];
  },
});
