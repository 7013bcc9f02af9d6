/** Tasks: from an input to queries of the model, and from their results to an answer. */

import type { NarrowBertConfig } from "../../model/config/config.ts";
import type { Readout, ReadoutAnswer } from "../../heads/readouts/readout.ts";
import type { QueryTokens } from "../../heads/readouts/query_tokens.ts";
import type { Answering } from "../../heads/trunk/query_batcher.ts";
import type { Encoding } from "../../text/encoding/encoding.ts";

/** A sequence of tokens for the model to compute; tasks add their own fields. */
export interface Item {
  /** Its tokens. */
  readonly encoding: Encoding;
}

/** The part of a model that tasks use: its trunk, which answers. */
export interface AnsweringModel {
  readonly config: NarrowBertConfig;
  readonly trunk: Answering;
  dispose(): void;
}

/**
 * A task over a loaded model. The engine (`engine.ts`) adds everything else that a pipeline can do: lists, streams,
 * batches, stopping, progress.
 */
export interface Task<
  Input,
  Output,
  Options,
  TaskItem extends Item = Item,
  Answer extends ReadoutAnswer = ReadoutAnswer,
> {
  /** The model. Without a config, what it knows is not held against its inputs. */
  readonly model: Pick<AnsweringModel, "trunk"> & Partial<Pick<AnsweringModel, "config">>;
  /** The verb for an input in messages: `classify`. */
  readonly action: string;
  /** The noun for an input in messages: `text`. */
  readonly noun: string;
  /** Names of the options, besides those of {@linkcode CallOptions}; any other is refused. */
  readonly options: readonly (keyof Options & string)[];
  /**
   * Begins a call: checks its options and returns how its inputs are computed with them.
   *
   * @throws {RangeError} If an option's value is not allowed.
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
  /** The readout that answers. The engine withholds answers with numbers that are not finite. */
  readonly readout: Readout<string, unknown, Answer>;
  /**
   * The items that the model must compute for an input: one or several.
   *
   * @param name The input's name in messages: `text 3 of 8`.
   * @throws {InputError} If the input does not fit the task or the model. It concerns this input alone.
   */
  pack(input: Input, name: string): TaskItem[];
  /** The size of an item; a batch is full at the trunk's `passTokens`. @default the number of its tokens */
  sizeOf?(item: TaskItem): number;
  /** The tokens of an item. @default its encoding */
  tokens?(item: TaskItem): QueryTokens;
  /** Options of the readout's question about an item. */
  ask(item: TaskItem): object;
  /**
   * Makes the answer from the readout's answers about an input's items, in their order; their numbers are finite.
   *
   * @throws The error in place of the answer. It concerns this input alone.
   */
  collect(results: readonly Answer[], items: readonly TaskItem[], input: Input): Output;
}

/** How far a call is, in inputs. */
export interface Progress {
  /** Inputs that are answered. */
  done: number;
  /** All inputs, if their number is known: of a list, or of a stream over something with a `length` or `size`. */
  total?: number;
}

/** What a call took. */
export interface CallTiming {
  /** Tokens that the model read. */
  readonly tokens: number;
  /** Time of making tokens of the inputs, in ms. */
  readonly tokenizeMs: number;
  /** How long the first batch waited behind other callers' in the queue of a `batched` pipeline, in ms. */
  readonly queueMs: number;
  /** From then until the last batch was answered, in ms. */
  readonly computeMs: number;
}

/** Options of every call of every pipeline. */
export interface CallOptions {
  /** Stops the call: it rejects at once with the signal's reason. Work that was submitted before still runs on the GPU. */
  signal?: AbortSignal;
  /** Called after each batch with the progress of the call. If it throws, the call ends with that error. */
  progress_callback?: (progress: Progress) => void;
  /** Called once, when all of a call or a stream is computed, with what it took. If it throws, the call ends with that error. */
  timing_callback?: (timing: CallTiming) => void;
}

/** Options of every list of inputs. */
export interface ListOptions extends CallOptions {
  /**
   * What happens if an input cannot be computed: `throw` ends the call or the stream with its error, `yield` gives the error
   * in the place of the answer. @default "throw"
   */
  errors?: "throw" | "yield";
}

/** Options of every stream. */
export interface StreamOptions extends ListOptions {
  /** Most inputs of a window, which are sorted by length and computed; two windows are held at most. @default 1024 */
  window?: number;
  /**
   * Most time that a window waits for its inputs, all waits added up, in ms: then those that have come are computed and
   * answered. Less suits a queue whose senders wait for answers. @default 50
   */
  waitMs?: number;
  /**
   * Ends the stream early, without an error: when it aborts, no further input is read or computed. What is answered by then
   * is still yielded, up to the first input that is not; with `errors: "yield"` up to the last one that is, and the
   * signal's reason in place of the answers that are missing between.
   */
  stop?: AbortSignal;
}

/** Answers to a list of inputs, in their order. */
export interface List<Input, Output, Options> {
  /** Answers, and an error in place of the answer to an input that cannot be computed. */
  (inputs: readonly Input[], options: Options & ListOptions & { errors: "yield" }): Promise<(Output | Error)[]>;
  /** Answers; an input that cannot be computed is the error of the call. */
  (inputs: readonly Input[], options?: Options & ListOptions): Promise<Output[]>;
}

/** The source of a stream's inputs. */
export type Inputs<Input> = AsyncIterable<Input> | Iterable<Input>;

/**
 * Streams answers, in the order of the inputs. Inputs are read a window at a time, sorted by length and computed in
 * batches. Nothing is read unless an answer is asked for. If the waits for the inputs of a window add up to `waitMs`, the
 * inputs that have come are computed and answered before more are read. The pipeline's model stays on the GPU until
 * every stream that was begun has ended, or was left by `break` or `return()`.
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
