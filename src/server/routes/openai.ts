/** OpenAI's embeddings: `/v1/embeddings`. */

import { z } from "../deps.ts";
import { embeddingsOf } from "./embed.ts";
import { defineRoute } from "./route.ts";
import { cuttingOf, model, textsOf, textsOrIds } from "./schemas.ts";

/** The bytes of numbers, as float32, little-endian. */
function base64Of(values: Float32Array): string {
  const bytes = new Uint8Array(4 * values.length);
  const view = new DataView(bytes.buffer);
  values.forEach((value, i) => view.setFloat32(4 * i, value, true));
  return bytes.toBase64();
}

/** `/v1/embeddings`. */
export const openAiEmbeddings = defineRoute({
  path: "/v1/embeddings",
  aliases: ["/embeddings"],
  summary: "Embed texts, in OpenAI's shape",
  family: "embed",
  request: z.object({
    input: textsOrIds,
    model,
    encoding_format: z.enum(["float", "base64"], { error: "it must be float or base64" }).nullish(),
    dimensions: z.int({ error: "it must be a whole number" }).min(1, { error: "it must be at least 1" }).nullish(),
    user: z.string().nullish(),
  }).openapi("OpenAiEmbeddingsRequest"),
  response: z.object({
    object: z.literal("list"),
    data: z.array(z.object({
      object: z.literal("embedding"),
      index: z.int(),
      embedding: z.union([z.array(z.number()), z.string()]),
    })),
    model: z.string(),
    usage: z.object({ prompt_tokens: z.int(), total_tokens: z.int() }),
  }).openapi("OpenAiEmbeddings"),
  inputsOf: ({ input }) => input,
  async answer({ input, encoding_format, dimensions }, call) {
    const cut = cuttingOf({}, call);
    const found = await embeddingsOf(textsOf(input, cut, call, "input"), { ...cut, dimensions }, call);
    const { tokens } = call.times;
    return {
      object: "list",
      data: found.map((values, index) => ({
        object: "embedding",
        index,
        embedding: encoding_format === "base64" ? base64Of(values) : Array.from(values),
      })),
      model: call.model.name,
      usage: { prompt_tokens: tokens, total_tokens: tokens },
    };
  },
});
