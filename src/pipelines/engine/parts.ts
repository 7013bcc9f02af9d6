/** The common part of all pipelines: a function that owns a model and a tokenizer. */

import { Lease } from "../../base/lease.ts";
import type { ModelSource } from "../../io/folder/folder.ts";
import type { LoadOptions } from "../../model/model_options.ts";
import type { BertTokenizer } from "../../text/bert_tokenizer.ts";
import { Engine } from "./engine.ts";
import type { AnsweringModel, CallOptions, Stream, Task } from "./task.ts";

/** The model and tokenizer of a pipeline. */
export interface PipelineParts<Model> {
  /** The model. */
  readonly model: Model;
  /** The tokenizer. */
  readonly tokenizer: BertTokenizer;
  /** The folder that they were loaded from, if it is known. */
  readonly origin?: PipelineOrigin | undefined;
}

/** The folder that a pipeline was loaded from, and how it was opened. */
export interface PipelineOrigin {
  /** The folder. */
  readonly source: ModelSource;
  /** How it was opened, and the model loaded. */
  readonly options: LoadOptions;
}

/** A pipeline owns its model: `dispose()`, or `using` at the end of a block, frees its GPU memory. */
export interface PipelineOwner<Model> extends PipelineParts<Model> {
  /** Frees the model's GPU memory, after the calls and streams under way. The pipeline cannot be called afterwards. */
  dispose(): void;
  /** {@linkcode dispose}, for `using`. */
  [Symbol.dispose](): void;
}

/** A pipeline from one kind of input to one kind of answer: an input gives an answer, a list a list. */
export interface SimplePipeline<Input, Output, Options, Model> extends PipelineOwner<Model> {
  /** The answer to an input. */
  (input: Input, options?: Options & CallOptions): Promise<Output>;
  /** The answers to a list of inputs, in their order. */
  (inputs: readonly Input[], options?: Options & CallOptions): Promise<Output[]>;
  /** Answers in the order of the inputs, read from an iterable. */
  readonly stream: Stream<Input, Output, Options>;
}

/** The calls of a pipeline. */
interface PipelineCalls<Args extends unknown[], StreamArgs extends unknown[]> {
  /** Name of the task, and of the function. */
  readonly name: string;
  readonly call: (...args: Args) => Promise<unknown>;
  readonly stream: (...args: StreamArgs) => AsyncIterable<unknown>;
}

/**
 * Makes a pipeline that owns its parts. After `dispose` its model stays until the calls and streams under way have
 * ended.
 *
 * @typeParam Pipeline The type of the pipeline. It is not checked against the calls, as these may be overloaded.
 */
export function asPipeline<
  Pipeline extends PipelineOwner<unknown>,
  Args extends unknown[],
  StreamArgs extends unknown[],
>(
  { name, call, stream }: PipelineCalls<Args, StreamArgs>,
  { model, tokenizer, origin }: PipelineParts<AnsweringModel>,
): Pipeline {
  const lease = new Lease(`Cannot use this ${name} pipeline: it was disposed`, () => model.dispose());
  const pipeline = (...args: Args) => lease.use(() => call(...args));
  const dispose = () => lease.dispose();
  Object.defineProperty(pipeline, "name", { value: name });
  return Object.assign(pipeline, {
    stream(...args: StreamArgs) {
      lease.check();
      return lease.stream(stream(...args));
    },
    model,
    tokenizer,
    origin,
    dispose,
    [Symbol.dispose]: dispose,
  }) as unknown as Pipeline;
}

/** Makes the pipeline of a task whose inputs are never arrays. */
export function simplePipeline<Input, Output, Options extends object, Model>(
  { name, task }: { name: string; task: Task<Input, Output, Options> },
  parts: PipelineParts<AnsweringModel>,
): SimplePipeline<Input, Output, Options, Model> {
  const engine = new Engine(task);
  const call = (input: Input | readonly Input[], options?: Options & CallOptions) =>
    isList(input) ? engine.many(input, options) : engine.one(input, options);
  return asPipeline({ name, call, stream: engine.stream }, parts);
}

/** Whether the input of a call is a list. */
export function isList<Input, Single>(input: Single | readonly Input[]): input is readonly Input[] {
  return Array.isArray(input);
}
