/** What a service says of a model. */

import manifest from "../../../deno.json" with { type: "json" };
import { z } from "../deps.ts";
import type { Settings } from "../options.ts";
import type { ServedModel } from "./served_model.ts";

const classes = { id2label: z.record(z.string(), z.string()), label2id: z.record(z.string(), z.int()) };

/** The shape of `/info`. */
export const infoSchema = z.object({
  model_id: z.string(),
  model_dtype: z.string(),
  served_model_name: z.string(),
  model_type: z.union([
    z.object({ embedding: z.object({ pooling: z.string() }) }),
    z.object({ classifier: z.object(classes) }),
    z.object({ reranker: z.object(classes) }),
  ]),
  tasks: z.array(z.string()),
  max_concurrent_requests: z.int(),
  max_input_length: z.int(),
  max_batch_tokens: z.int(),
  max_batch_requests: z.int(),
  max_client_batch_size: z.int(),
  auto_truncate: z.boolean(),
  version: z.string(),
}).openapi("Info");

/** What is said of a model. Its id is its served name: where it is from is nobody's business. */
export function infoOf(model: ServedModel, settings: Settings): z.output<typeof infoSchema> {
  const { config } = model.model;
  const { id2label, label2id } = config;
  const named = { id2label: Object.fromEntries(Object.entries(id2label)), label2id: { ...label2id } };
  const { pooling } = model.pooling;
  return {
    model_id: model.name,
    model_dtype: settings.load.dtype === "f16" ? "float16" : "float32",
    served_model_name: model.name,
    model_type: model.pipelines["text-ranking"] !== undefined
      ? { reranker: named }
      : model.pipelines["text-classification"] !== undefined
      ? { classifier: named }
      : { embedding: { pooling: pooling === undefined ? "model" : `${pooling}` } },
    tasks: Object.keys(model.pipelines),
    max_concurrent_requests: settings.maxConcurrentRequests,
    max_input_length: model.maxInputLength,
    max_batch_tokens: settings.maxBatchTokens,
    max_batch_requests: settings.maxBatchRequests,
    max_client_batch_size: settings.maxClientBatchSize,
    auto_truncate: settings.autoTruncate,
    version: manifest.version,
  };
}
