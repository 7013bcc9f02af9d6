/** What a task is: how an input becomes what the model computes, and how the results become its answer. */

import type { NarrowBertConfig } from "../../model/config/config.ts";
import type { Readout, ReadoutAnswer } from "../../heads/readouts/readout.ts";
import type { Query, QueryTokens } from "../../heads/trunk/query.ts";
import type { Encoding } from "../../text/encoding/encoding.ts";

/** Something that the model computes: a sequence of tokens, with whatever the task needs to know about it. */
export interface Item {
  /** Its tokens, as the model is given them. */
  readonly encoding: Encoding;
}

/** What a task asks of its model: answers of readouts. */
export interface AnsweringModel {
  readonly config: NarrowBertConfig;
  readonly trunk: {
    answer(
      queries: readonly Query[],
      options: { signal?: AbortSignal | undefined },
    ): Promise<readonly Readonly<Partial<Record<string, ReadoutAnswer>>>[]>;
  };
  dispose(): void;
}

/**
 * A task over a loaded model. The engine (`engine.ts`) makes of it everything that a pipeline can do: one input, a
 * list, a stream, batches, stopping, progress.
 */
export interface Task<
  Input,
  Output,
  Options,
  TaskItem extends Item = Item,
  Answer extends ReadoutAnswer = ReadoutAnswer,
> {
  /** What answers. */
  readonly model: Pick<AnsweringModel, "trunk">;
  /** What is done with an input, for messages: `classify`. */
  readonly action: string;
  /** What an input is called in messages: `text`. */
  readonly noun: string;
  /** Names of the options, besides those of {@linkcode CallOptions}; any other is refused. */
  readonly options: readonly (keyof Options & string)[];
  /**
   * Begins a call: checks its options and says how its inputs are computed with them.
   *
   * @throws {RangeError} On an option's value that cannot be.
   */
  begin(options: Options): TaskRun<Input, Output, TaskItem, Answer>;
}

/** How the inputs of one call are computed. */
export interface TaskRun<
  Input,
  Output,
  TaskItem extends Item = Item,
  Answer extends ReadoutAnswer = ReadoutAnswer,
> {
  /** The readout that answers. The engine withholds what is not finite. */
  readonly readout: Readout<string, unknown, Answer>;
  /**
   * What the model has to compute for an input: one item or several.
   *
   * @param name What messages call the input: `text 3 of 8`.
   * @throws {InputError} Where the input does not fit the task or the model. It concerns this input alone.
   */
  pack(input: Input, name: string): TaskItem[];
  /** What an item counts for in a batch, which is full at `BATCH_TOKENS`. Default: its tokens. */
  sizeOf?(item: TaskItem): number;
  /** The tokens of an item. Default: its encoding. */
  tokens?(item: TaskItem): QueryTokens;
  /** What the readout is asked about an item. */
  ask(item: TaskItem): object;
  /**
   * Puts the answer together from the readout's answers to an input's items, in their order; their numbers are finite.
   *
   * @throws What takes the answer's place. It concerns this input alone.
   */
  collect(results: readonly Answer[], items: readonly TaskItem[], input: Input): Output;
}

/** How far a call is, in inputs. */
export interface Progress {
  /** Inputs whose answer is there. */
  done: number;
  /** All inputs, where their number is known. */
  total?: number;
}

/** Options of every call of every pipeline. */
export interface CallOptions {
  /** Stops the call: it rejects with the signal's reason, once nothing of it runs on the GPU any more. */
  signal?: AbortSignal;
  /** Told after each batch how far the call is; what it throws ends the call. */
  progress_callback?: (progress: Progress) => void;
}

/** Options of every stream. */
export interface StreamOptions extends CallOptions {
  /**
   * What becomes of an input that cannot be computed: in the place of its answer, its error ends the stream (`throw`,
   * the default) or is given like an answer (`yield`).
   */
  errors?: "throw" | "yield";
  /** Most inputs read before they are sorted by length and computed; at most twice as many are held. Default 1024. */
  window?: number;
}

/** What a pipeline streams from. */
export type Inputs<Input> = AsyncIterable<Input> | Iterable<Input>;

/**
 * Streams answers, in the order of the inputs. Inputs are read a window ahead, sorted by length and computed in
 * batches; nothing is read while nobody asks for answers. A source that lets one wait for 50 ms, at once or bit by bit,
 * gets the answers to what it has given. The pipeline's model stays until a stream that was begun is at its end, or
 * left by `break` or `return()`.
 */
export interface Stream<Input, Output, Options> {
  /** Answers, and an error in place of the answer to an input that cannot be computed. */
  (
    inputs: Inputs<Input>,
    options: Options & StreamOptions & { errors: "yield" },
  ): AsyncIterableIterator<Output | Error>;
  /** Answers; the stream ends with the error of an input that cannot be computed. */
  (inputs: Inputs<Input>, options?: Options & StreamOptions): AsyncIterableIterator<Output>;
}
