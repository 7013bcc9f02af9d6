/** What every pipeline is, besides a function: a model and a tokenizer that it owns and can give back. */

import type { BertTokenizer } from "../text/bert_tokenizer.ts";

/** The model and tokenizer of a pipeline. */
export interface PipelineParts<Model> {
  readonly model: Model;
  readonly tokenizer: BertTokenizer;
}

/** Ownership of a pipeline: it frees its model's GPU memory by `dispose()`, or by `using` at the end of a block. */
export interface PipelineOwner<Model> extends PipelineParts<Model> {
  /** Frees the model's GPU memory. The pipeline cannot be called afterwards. */
  dispose(): void;
  [Symbol.dispose](): void;
}

/** Makes `call` a pipeline that owns its parts. */
export function asPipeline<Model extends { dispose(): void }, Call extends object>(
  call: Call,
  { model, tokenizer }: PipelineParts<Model>,
): Call & PipelineOwner<Model> {
  const dispose = () => model.dispose();
  return Object.assign(call, { model, tokenizer, dispose, [Symbol.dispose]: dispose });
}
