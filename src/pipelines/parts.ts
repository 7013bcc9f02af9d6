/** What every pipeline is, besides a function: a model and a tokenizer that it owns and can give back. */

import type { BertTokenizer } from "../text/bert_tokenizer.ts";
import { Engine } from "./engine.ts";
import type { CallOptions, Stream, Task } from "./task.ts";

/** The model and tokenizer of a pipeline. */
export interface PipelineParts<Model> {
  readonly model: Model;
  readonly tokenizer: BertTokenizer;
}

/** Ownership of a pipeline: it frees its model's GPU memory by `dispose()`, or by `using` at the end of a block. */
export interface PipelineOwner<Model> extends PipelineParts<Model> {
  /** Frees the model's GPU memory, after the calls under way. The pipeline cannot be called afterwards. */
  dispose(): void;
  [Symbol.dispose](): void;
}

/** A pipeline from one kind of input to one kind of answer: an input gives an answer, a list a list. */
export interface SimplePipeline<Input, Output, Options, Model> extends PipelineOwner<Model> {
  (input: Input, options?: Options & CallOptions): Promise<Output>;
  (inputs: readonly Input[], options?: Options & CallOptions): Promise<Output[]>;
  /** Answers in the order of the inputs, as they are read. */
  readonly stream: Stream<Input, Output, Options>;
}

/** Makes `call` a pipeline that owns its parts: its model stays until the calls under way are answered. */
export function asPipeline<
  Model extends { dispose(): void },
  Call extends (...args: Args) => Promise<unknown>,
  Args extends never[] = Parameters<Call> & never[],
>(
  call: Call,
  { model, tokenizer }: PipelineParts<Model>,
): Call & PipelineOwner<Model> {
  const running = new Set<Promise<unknown>>();
  const tracked = async (...args: Args): Promise<unknown> => {
    const answer = call(...args);
    running.add(answer);
    try {
      return await answer;
    } finally {
      running.delete(answer);
    }
  };
  const dispose = () => {
    if (running.size === 0) model.dispose();
    else Promise.allSettled(running).then(() => model.dispose());
  };
  // What `call` carries besides being called, such as `stream`, comes along.
  const pipeline = Object.assign(tracked as unknown as Call, { ...call });
  return Object.assign(pipeline, { model, tokenizer, dispose, [Symbol.dispose]: dispose });
}

/** Makes the pipeline of a task whose inputs are never arrays. */
export function simplePipeline<Input, Output, Options extends object, Model extends { dispose(): void }>(
  task: Task<Input, Output, Options>,
  parts: PipelineParts<Model>,
): SimplePipeline<Input, Output, Options, Model> {
  const engine = new Engine(task);
  const call = (input: Input | readonly Input[], options?: Options & CallOptions) =>
    isList(input) ? engine.many(input, options) : engine.one(input, options);
  return asPipeline(Object.assign(call, { stream: engine.stream }), parts) as SimplePipeline<
    Input,
    Output,
    Options,
    Model
  >;
}

/** Whether a call is given a list of inputs. */
export function isList<Input, Single>(input: Single | readonly Input[]): input is readonly Input[] {
  return Array.isArray(input);
}
