/** Embeddings: `/embed`, `/embed_all`, `/similarity`. */

import { cos_sim, type Tensor } from "../../../mod.ts";
import { z } from "../deps.ts";
import type { Call } from "../http/call.ts";
import { empty } from "../http/errors.ts";
import { defineRoute } from "./route.ts";
import { cutting, cuttingOf, type Embeddable, model, prompt_name, textsOf, textsOrIds } from "./schemas.ts";

const dimensions = z.int({ error: "it must be a whole number" }).min(1, { error: "it must be at least 1" }).nullish()
  .openapi({ description: "Dimensions to keep, the first ones" });

const vector = z.array(z.number());

/** A vector for each text. */
export async function embeddingsOf(
  inputs: readonly Embeddable[],
  { dimensions, prompt_name, normalize = true, ...cut }: {
    normalize?: boolean | null;
    dimensions?: number | null | undefined;
    prompt_name?: string | null | undefined;
    truncation: boolean;
    truncation_side?: "left" | "right";
  },
  call: Call,
): Promise<Float32Array[]> {
  const found = await call.pipeline("feature-extraction")(inputs, {
    ...call.model.pooling,
    ...cut,
    normalize: normalize ?? true,
    ...(dimensions !== null && dimensions !== undefined && { dimensions }),
    ...(prompt_name !== null && prompt_name !== undefined && { prompt_name }),
    ...call.options(),
  });
  return found.map(({ data }) => data as Float32Array);
}

/** `/embed`. */
export const embed = defineRoute({
  path: "/embed",
  summary: "Embed texts",
  description: "A vector for each text, also if there is one.",
  family: "embed",
  request: z.object({
    inputs: textsOrIds,
    normalize: z.boolean().nullish().openapi({ description: "Scale vectors to length 1. Default true" }),
    dimensions,
    prompt_name,
    ...cutting,
    model,
  }).openapi("EmbedRequest"),
  response: z.array(vector).openapi("Embeddings"),
  async answer({ inputs, ...body }, call) {
    const cut = cuttingOf(body, call);
    const { normalize = true, dimensions, prompt_name } = body;
    const found = await embeddingsOf(textsOf(inputs, cut, call), { ...cut, normalize, dimensions, prompt_name }, call);
    return found.map((one) => Array.from(one));
  },
});

/** `/embed_all`. */
export const embedAll = defineRoute({
  path: "/embed_all",
  summary: "Embed the tokens of texts",
  description: "For each text a vector for each of its tokens, special tokens included.",
  family: "embed",
  request: z.object({ inputs: textsOrIds, prompt_name, ...cutting, model }).openapi("EmbedAllRequest"),
  response: z.array(z.array(vector)).openapi("TokenEmbeddings"),
  async answer({ inputs, prompt_name, ...body }, call) {
    const cut = cuttingOf(body, call);
    const found = await call.pipeline("feature-extraction")(textsOf(inputs, cut, call), {
      pooling: "none",
      ...cut,
      ...(prompt_name !== null && prompt_name !== undefined && { prompt_name }),
      ...call.options(),
    });
    return found.map((tensor: Tensor) => (tensor.tolist() as number[][][])[0]);
  },
});

/** `/similarity`. */
export const similarity = defineRoute({
  path: "/similarity",
  summary: "Compare a text with others",
  description: "The cosine of the angle between the embeddings of `source_sentence` and of each of `sentences`.",
  family: "embed",
  request: z.object({
    inputs: z.object({ source_sentence: z.string(), sentences: z.array(z.string()) }).openapi({
      example: { source_sentence: "a large animal", sentences: ["an elephant", "to go by air"] },
    }),
    parameters: z.object({ prompt_name, ...cutting }).nullish(),
    model,
  }).openapi("SimilarityRequest"),
  response: vector.openapi("Similarities"),
  inputsOf: ({ inputs }) => inputs.sentences,
  async answer({ inputs: { source_sentence, sentences }, parameters }, call) {
    const cut = cuttingOf(parameters ?? {}, call);
    if (sentences.length === 0) throw empty("sentences");
    const texts = textsOf([source_sentence, ...sentences], cut, call);
    const found = await embeddingsOf(texts, { ...cut, prompt_name: parameters?.prompt_name }, call);
    const [source, ...others] = found.map((one) => Array.from(one));
    return Array.from(cos_sim([source!], others).data);
  },
});
