/** Rankings: `/rerank`, and `/v1/rerank` and `/v2/rerank` in the shape of Cohere and Jina. */

import type { RankedText } from "../../../mod.ts";
import { z } from "../deps.ts";
import type { Call } from "../http/call.ts";
import { empty } from "../http/errors.ts";
import { defineRoute } from "./route.ts";
import { cutting, cuttingOf, model } from "./schemas.ts";

/** The texts of a query, best first. */
async function ranked(
  { query, texts, name, raw_scores }: { query: string; texts: readonly string[]; name: string; raw_scores?: boolean },
  { top_k, ...cut }: { truncation: boolean; truncation_side?: "left" | "right"; top_k?: number },
  call: Call,
): Promise<RankedText[]> {
  if (query === "") throw empty("query");
  if (texts.length === 0 || texts.some((text) => text === "")) throw empty(name);
  call.checkCount(texts.length);
  const about = { truncate: cut.truncation, side: cut.truncation_side };
  return await call.pipeline("text-ranking")(
    call.text(query, about),
    texts.map((text) => call.text(text, about)),
    { ...cut, raw_scores: raw_scores ?? false, ...(top_k !== undefined && { top_k }), ...call.options() },
  );
}

/** `/rerank`. */
export const rerank = defineRoute({
  path: "/rerank",
  summary: "Rank texts for a query",
  description: "Best first, by a model with one label.",
  request: z.object({
    query: z.string(),
    texts: z.array(z.string()),
    raw_scores: z.boolean().nullish(),
    return_text: z.boolean().nullish(),
    ...cutting,
    model,
  }).openapi("RerankRequest", { example: { query: "the largest cat", texts: ["the mouse", "the tiger"] } }),
  response: z.array(z.object({ index: z.int(), score: z.number(), text: z.string().optional() })).openapi("Ranks"),
  inputsOf: ({ texts }) => texts,
  async answer({ query, texts, raw_scores, return_text, ...body }, call) {
    const cut = cuttingOf(body, call);
    const found = await ranked({ query, texts, name: "texts", raw_scores: raw_scores ?? false }, cut, call);
    return found.map(({ index, score }) => ({ index, score, ...(return_text && { text: texts[index]! }) }));
  },
});

/** `/v1/rerank` and `/v2/rerank`. */
export const rerankDocuments = defineRoute({
  path: "/v1/rerank",
  aliases: ["/v2/rerank"],
  summary: "Rank documents for a query, in the shape of Cohere and Jina",
  request: z.object({
    model,
    query: z.string(),
    documents: z.array(z.union([z.string(), z.object({ text: z.string() })], {
      error: "it must be a string or { text }",
    })),
    top_n: z.int().min(1).nullish(),
    return_documents: z.boolean().nullish(),
  }).openapi("RerankDocumentsRequest", {
    example: { query: "the largest cat", documents: ["the mouse", "the tiger"] },
  }),
  response: z.object({
    id: z.string(),
    model: z.string(),
    results: z.array(z.object({
      index: z.int(),
      relevance_score: z.number(),
      document: z.object({ text: z.string() }).optional(),
    })),
    usage: z.object({ total_tokens: z.int(), prompt_tokens: z.int() }),
    meta: z.object({
      api_version: z.object({ version: z.string() }),
      billed_units: z.object({ search_units: z.int() }),
    }),
  }).openapi("RankedDocuments"),
  inputsOf: ({ documents }) => documents,
  async answer({ query, documents, top_n, return_documents }, call) {
    const texts = documents.map((document) => typeof document === "string" ? document : document.text);
    const cut = { ...cuttingOf({}, call), ...(top_n && { top_k: top_n }) };
    const found = await ranked({ query, texts, name: "documents" }, cut, call);
    const { tokens } = call.times;
    return {
      id: crypto.randomUUID(),
      model: call.model.name,
      results: found.map(({ index, score }) => ({
        index,
        relevance_score: score,
        ...(return_documents && { document: { text: texts[index]! } }),
      })),
      usage: { total_tokens: tokens, prompt_tokens: tokens },
      meta: { api_version: { version: "2" }, billed_units: { search_units: 1 } },
    };
  },
});
