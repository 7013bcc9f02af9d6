/** The common part of all pipelines: a function that owns a model and a tokenizer. */

import { Lease } from "../../base/lease.ts";
import type { PreTrainedModel } from "../../heads/pretrained.ts";
import type { ModelFolder } from "../../io/folder/folder.ts";
import type { NarrowBertConfig } from "../../model/config/config.ts";
import type { ModelFile, SaveOptions } from "../../model/weights/saving.ts";
import type { BertTokenizer } from "../../text/bert_tokenizer.ts";
import type { BatchingOptions } from "../../heads/trunk/batching.ts";
import { type Answering, QueryBatcher } from "../../heads/trunk/query_batcher.ts";
import { Engine } from "./engine.ts";
import { modelFilesOf, savePipeline } from "./saving.ts";
import type { AnsweringModel, CallOptions, ListOptions, Stream, Task } from "./task.ts";

/** The model and tokenizer of a pipeline. */
export interface PipelineParts<Model> {
  /** The model. */
  readonly model: Model;
  /** The tokenizer. */
  readonly tokenizer: BertTokenizer;
}

/** What there is here of a model that is in a Worker. */
export interface ModelInWorker {
  /** The model's configuration. */
  readonly config: NarrowBertConfig;
  /** GPU bytes of the weights. */
  readonly weightBytes: number;
}

/** What a task makes a pipeline of. */
export interface TaskParts extends PipelineParts<AnsweringModel> {
  /** What answers. @default the model's trunk */
  readonly trunk?: Answering;
  /** Called when the pipeline is disposed of, and nobody uses it. @default the model's `dispose` */
  readonly release?: () => void;
  /** What the pipeline shows as its model. @default the model */
  readonly face?: object;
  /** The model's files, which `save_pretrained` writes. @default those of the model, which is one of this thread */
  readonly files?: (options: SaveOptions) => Promise<ModelFile[]>;
}

/** The folders that parts were loaded from, and pipelines on them. */
const folders = new WeakMap<object, ModelFolder>();

/**
 * Remembers where parts were loaded from: as it was opened, since what a task reads of it belongs to the loading. A pipeline
 * keeps it detached.
 *
 * @param folder The folder that was opened, which may have the model's in it.
 */
export function keepFolder<Parts extends object>(parts: Parts, folder: ModelFolder | null): Parts {
  if (folder !== null) folders.set(parts, folder);
  return parts;
}

/** The folder that parts, or those of a pipeline, were loaded from; `null` if they were given by themselves. */
export function keptFolder(parts: object): ModelFolder | null {
  return folders.get(parts) ?? null;
}

/** What answers the calls of a pipeline of many callers, and keeps it until it is released. */
export interface SharedQueue {
  readonly trunk: Answering;
  readonly release: () => void;
}

/** The queues of pipelines that have one. */
const queues = new WeakMap<object, () => SharedQueue>();

/**
 * The queue of a batched pipeline, for another one on the same model; `null` if there is none.
 *
 * @throws {DisposedError} If the pipeline was disposed of.
 */
export function sharedQueue(pipeline: object): SharedQueue | null {
  return queues.get(pipeline)?.() ?? null;
}

/** A pipeline owns its model: `dispose()`, or `using` at the end of a block, frees its GPU memory. */
export interface PipelineOwner<Model> extends PipelineParts<Model> {
  /**
   * Writes all that {@linkcode pipeline} needs into a local folder, which is made if it does not exist: the model and the
   * tokenizer, as their own `save_pretrained` do, and what the folder that they are from says about embeddings and
   * rankings: modules with their weights, poolings, prompts. sentence-transformers loads it too, if it is an ordinary BERT.
   *
   * @param options `dtype`: the element type of the model's weights in the file. Default `F32`.
   * @throws {TypeError} If the folder is not local, or has files of another model that would change this one.
   * @throws {RangeError} If there is no such element type, or a weight is beyond its range.
   * @throws {CheckpointError} If the folder that the pipeline is from cannot be read any more, or was replaced.
   * @throws {ConfigError} If modules in it are Python code, which would be missing in the new folder.
   */
  save_pretrained(folder: string | URL, options?: SaveOptions): Promise<void>;
  /**
   * The same pipeline, for many callers at once: calls that come while the GPU computes are answered together, so that
   * requests of a server take little more time than a list. It uses the weights of this one, which stay until both are
   * disposed of. `pipeline(task, batched)` makes one of another task that shares its queue too: queries of several tasks
   * are then answered in one pass.
   *
   * @throws {TypeError} On an unknown option.
   * @throws {RangeError} If an option's value is not allowed.
   *
   * @example
   * ```ts
   * import { pipeline } from "@narrowbert/webgpu";
   *
   * using classify = await pipeline("text-classification");
   * using shared = classify.batched({ maxBatch: 32 });
   * const texts = ["a large animal", "the wife of a king", "to go by air"];
   * await Promise.all(texts.map((text) => shared(text))); // one pass over the model
   * ```
   */
  batched(options?: BatchingOptions): this;
  /** Frees the model's GPU memory, after the calls and streams under way. The pipeline cannot be called afterwards. */
  dispose(): void;
  /** {@linkcode dispose}, for `using`. */
  [Symbol.dispose](): void;
}

/** A pipeline from one kind of input to one kind of answer: an input gives an answer, a list a list. */
export interface SimplePipeline<Input, Output, Options, Model> extends PipelineOwner<Model> {
  /** The answer to an input. */
  (input: Input, options?: Options & CallOptions): Promise<Output>;
  /** The answers to a list of inputs, in their order, and an error in place of one that cannot be computed. */
  (inputs: readonly Input[], options: Options & ListOptions & { errors: "yield" }): Promise<(Output | Error)[]>;
  /** The answers to a list of inputs, in their order. */
  (inputs: readonly Input[], options?: Options & ListOptions): Promise<Output[]>;
  /** Answers in the order of the inputs, read from an iterable. */
  readonly stream: Stream<Input, Output, Options>;
}

/** The calls of a pipeline. */
interface PipelineCalls<Args extends unknown[], StreamArgs extends unknown[]> {
  /** Name of the task, and of the function. */
  readonly name: string;
  readonly call: (...args: Args) => Promise<unknown>;
  readonly stream: (...args: StreamArgs) => AsyncIterable<unknown>;
  /** Makes the pipeline of other parts. */
  readonly remake: (parts: TaskParts) => PipelineOwner<unknown>;
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
  { name, call, stream, remake }: PipelineCalls<Args, StreamArgs>,
  parts: TaskParts,
): Pipeline {
  const { model, tokenizer, release = () => model.dispose() } = parts;
  const folder = keptFolder(parts)?.detached() ?? null;
  const { face = model, files = (options: SaveOptions) => modelFilesOf(model as PreTrainedModel, folder, options) } =
    parts;
  const lease = new Lease(`Cannot use this ${name} pipeline: it was disposed`, release);
  const pipeline = (...args: Args) => lease.use(() => call(...args));
  const dispose = () => lease.dispose();
  Object.defineProperty(pipeline, "name", { value: name });
  const owner = Object.assign(pipeline, {
    stream(...args: StreamArgs) {
      lease.check();
      return lease.stream(stream(...args));
    },
    save_pretrained: (where: string | URL, options?: SaveOptions) =>
      lease.use(() => savePipeline({ files, tokenizer, folder }, where, options)),
    batched(options?: BatchingOptions) {
      const release = lease.enter();
      try {
        const trunk = new QueryBatcher(model.trunk, options);
        return remake(keepFolder({ model, face, tokenizer, trunk, files, release }, folder));
      } catch (error) {
        release();
        throw error;
      }
    },
    model: face,
    tokenizer,
    dispose,
    [Symbol.dispose]: dispose,
  });
  const { trunk } = parts;
  if (trunk !== undefined) queues.set(owner, () => ({ trunk, release: lease.enter() }));
  return keepFolder(owner, folder) as unknown as Pipeline;
}

/** Makes the pipeline of a task whose inputs are never arrays. */
export function simplePipeline<Input, Output, Options extends object, Model>(
  { name, task }: { name: string; task: (parts: TaskParts) => Task<Input, Output, Options> },
  parts: TaskParts,
): SimplePipeline<Input, Output, Options, Model> {
  const engine = new Engine(task(parts), parts.trunk);
  const remake = (others: TaskParts) => simplePipeline({ name, task }, others);
  const call = (input: Input | readonly Input[], options?: Options & CallOptions) =>
    isList(input) ? engine.many(input, options) : engine.one(input, options);
  return asPipeline({ name, call, stream: engine.stream, remake }, parts);
}

/** Whether the input of a call is a list. */
export function isList<Input, Single>(input: Single | readonly Input[]): input is readonly Input[] {
  return Array.isArray(input);
}
