/** Runs a task: single inputs, lists, streams, batches, stopping, progress. */

import { errorAbout } from "./error_about.ts";
import { InputError, NonFiniteError } from "../../base/errors.ts";
import { nameOf } from "../../base/messages.ts";
import { checkCallbacks, checkOptionNames } from "../../base/options.ts";
import { Slices } from "../../base/tick.ts";
import type { ReadoutAnswer } from "../../heads/readouts/readout.ts";
import type { Answering } from "../../heads/trunk/query_batcher.ts";
import { CallClock } from "./call_clock.ts";
import { misfit } from "./encode.ts";
import { Entry } from "./entry.ts";
import { overlapped, PAUSE } from "./overlap.ts";
import { type Piece, piecesInBatches, type Windows } from "./pieces.ts";
import type { CallOptions, Inputs, Item, List, ListOptions, Stream, StreamOptions, Task, TaskRun } from "./task.ts";
import { WAIT_MS, windows } from "./windows.ts";

/** Most inputs that a stream sorts by length together. */
const WINDOW = 1024;

/** Names of the options of every call. */
const CALL = ["signal", "progress_callback", "timing_callback"] as const;

/** A call under way. */
interface Call<Input, Output> {
  readonly run: TaskRun<Input, Output>;
  readonly clock: CallClock;
}

/** Which input of a call it is. */
interface InputPlace {
  /** Its number, from 0. */
  readonly index: number;
  /** What messages call it. */
  readonly name: string;
}

/** A task that can be called. */
export class Engine<Input, Output, Options extends object> {
  readonly #task: Task<Input, Output, Options>;
  readonly #trunk: Answering;

  /** @param trunk What answers. Default: the model's own. */
  constructor(task: Task<Input, Output, Options>, trunk: Answering = task.model.trunk) {
    this.#task = task;
    this.#trunk = trunk;
  }

  /** The answer to one input. */
  async one(input: Input, options?: Options & CallOptions): Promise<Output> {
    if (Object.hasOwn(options ?? {}, "errors")) {
      throw new TypeError(`Cannot ${this.#task.action} one ${this.#task.noun} with errors: lists and streams take it`);
    }
    const call = this.#begin(options ?? {} as Options, CALL);
    const [answer] = await this.#listed(call, [input], options);
    return answer as Output;
  }

  /** The answers to a list, in its order. All of it is checked before any of it is computed. */
  readonly many = (async (inputs: readonly Input[], options: Options & ListOptions = {} as Options) => {
    const call = this.#begin(options, [...CALL, "errors"]);
    this.#checkErrors(options.errors);
    return await this.#listed(call, inputs, options);
  }) as List<Input, Output, Options>;

  async #listed(
    call: Call<Input, Output>,
    inputs: readonly Input[],
    { signal, progress_callback, timing_callback, errors }: ListOptions = {},
  ): Promise<(Output | Error)[]> {
    signal?.throwIfAborted();
    const given = [...inputs]; // later changes of the caller's array have no effect
    const total = given.length;
    const entries: Entry<Output>[] = [];
    const slices = new Slices();
    for (const [index, input] of given.entries()) {
      const place = { index, name: nameOf(this.#task.noun, index, total) };
      entries.push(errors === "yield" ? this.#admitOrRefuse(call, input, place) : this.#admit(call, input, place));
      await slices.next();
      signal?.throwIfAborted();
    }
    let done = entries.filter(({ outcome }) => outcome !== null).length;
    for await (const settled of this.#computed(call, [entries], signal)) {
      done += settled;
      progress_callback?.({ done, total });
    }
    timing_callback?.(call.clock.timing);
    return entries.map((entry) => answerOf(entry, errors));
  }

  /** The answers to the inputs of an iterable; see {@linkcode Stream}. */
  readonly stream = ((inputs: Inputs<Input>, options: Options & StreamOptions = {} as Options) => {
    const call = this.#begin(options, [...CALL, "errors", "window", "waitMs", "stop"]);
    const { window = WINDOW, waitMs = WAIT_MS, errors } = options;
    const isList = typeof inputs === "object" && inputs !== null &&
      (Symbol.asyncIterator in inputs || Symbol.iterator in inputs);
    if (!isList) {
      const found = inputs === null || inputs === undefined ? String(inputs) : `a ${typeof inputs}`;
      throw new TypeError(
        `Cannot ${this.#task.action} a stream of ${this.#task.noun}s: it must be an iterable or async iterable of them, ` +
          `got ${found}`,
      );
    }
    if (!Number.isSafeInteger(window) || window < 1) {
      throw this.#refusal(`window must be a whole number from 1, got ${window}`);
    }
    if (!(waitMs >= 0 && waitMs < 2 ** 31)) {
      throw this.#refusal(`waitMs must be a time from 0 in ms, got ${waitMs}`);
    }
    this.#checkErrors(errors);
    return this.#streamed(call, inputs, { ...options, window, waitMs });
  }) as Stream<Input, Output, Options>;

  #begin(options: Options, more: readonly (keyof StreamOptions)[]): Call<Input, Output> {
    const action = `${this.#task.action} a ${this.#task.noun}`;
    checkOptionNames(action, options, [...this.#task.options, ...more]);
    checkCallbacks(action, options);
    return { run: this.#task.begin(options), clock: new CallClock() };
  }

  #checkErrors(errors: ListOptions["errors"] = "throw"): void {
    if (errors === "throw" || errors === "yield") return;
    throw this.#refusal(`errors must be "throw" or "yield", got "${errors}"`);
  }

  #refusal(why: string): RangeError {
    return new RangeError(`Cannot ${this.#task.action} a ${this.#task.noun}: ${why}`);
  }

  #admit({ run, clock }: Call<Input, Output>, input: Input, { index, name }: InputPlace): Entry<Output> {
    const about = <T>(work: () => T): T => {
      try {
        return work();
      } catch (error) {
        throw errorAbout(error, index, input);
      }
    };
    const items = about(() => clock.tokenize(() => this.#pack(run, input, name)));
    const collect = (results: readonly ReadoutAnswer[]) => {
      for (const { values } of results) {
        const at = firstNonFinite(values);
        if (at < 0) continue;
        throw new NonFiniteError(
          `Cannot ${this.#task.action} ${name}: the model gave ${values[at]}, so the answer is withheld`,
        );
      }
      return run.collect(results, items, input);
    };
    return new Entry<Output>(items, (results) => about(() => collect(results)));
  }

  #pack(run: TaskRun<Input, Output>, input: Input, name: string): Item[] {
    const items = run.pack(input, name);
    const { config } = this.#task.model;
    for (const { encoding } of items) {
      const problem = config === undefined ? null : misfit(encoding, config);
      if (problem !== null) throw new InputError(`Cannot ${this.#task.action} ${name}: ${problem}`);
    }
    return items;
  }

  /** Computes windows of entries in batches. After each, and at a pause, yields the number of entries settled by it. */
  async *#computed(
    { run, clock }: Call<Input, Output>,
    entries: Windows<Output>,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<number> {
    const { name } = run.readout;
    const failed = new AbortController(); // then what was begun behind is of no use
    const either = signal === undefined ? failed.signal : AbortSignal.any([signal, failed.signal]);
    const isQueue = this.#trunk.passQueries !== undefined;
    let waits = false; // only the first batch of a call may be refused by a queue that is full
    const compute = async (batch: Piece<Output>[]) => {
      const queries = batch.map(({ item }) => {
        return { tokens: run.tokens?.(item) ?? item.encoding, ask: { [name]: run.ask(item) } };
      });
      const queue = isQueue && { waits, onBegin: () => clock.begin() };
      waits = true;
      clock.give(queries.reduce((sum, { tokens }) => sum + tokens.input_ids.length, 0));
      try {
        const answers = await this.#trunk.answer(queries, { signal: either, ...queue });
        clock.end();
        return answers.map((answer) => answer[name] as ReadoutAnswer);
      } catch (error) {
        failed.abort(error);
        throw error;
      }
    };
    const settle = (batch: Piece<Output>[], answers: ReadoutAnswer[]) =>
      batch.filter(({ entry, index }, i) => entry.put(index, answers[i] as ReadoutAnswer)).length;
    for await (const finished of overlapped(piecesInBatches(run, entries, this.#trunk), compute)) {
      signal?.throwIfAborted();
      yield finished === PAUSE ? 0 : settle(finished.batch, finished.result);
    }
  }

  async *#streamed(
    call: Call<Input, Output>,
    inputs: Inputs<Input>,
    { signal: aborted, progress_callback, timing_callback, errors, window, waitMs, stop }: StreamOptions & {
      window: number;
      waitMs: number;
    },
  ): AsyncGenerator<Output | Error> {
    const { noun } = this.#task;
    const signal = stop === undefined ? aborted : AbortSignal.any([stop, ...(aborted === undefined ? [] : [aborted])]);
    const total = countOf(inputs);
    const waiting: Entry<Output>[] = []; // in the order of the inputs
    let read = 0;
    let done = 0;
    const admit = (input: Input) => {
      const entry = this.#admitOrRefuse(call, input, { index: read, name: nameOf(noun, read++) });
      waiting.push(entry);
      if (entry.outcome !== null) done++; // it is refused, or has nothing to compute
      return entry;
    };
    function* answers() {
      const end = waiting.findIndex(({ outcome }) => outcome === null);
      for (const entry of waiting.splice(0, end < 0 ? waiting.length : end)) {
        aborted?.throwIfAborted();
        yield answerOf(entry, errors);
      }
    }
    const steps = this.#computed(call, windows(inputs, { size: window, waitMs, admit, signal }), signal);
    let told = 0;
    const tell = () => {
      if (done > told) progress_callback?.({ done, ...(total !== undefined && { total }) });
      told = done;
    };
    try {
      for (let settled: number | null; (settled = await nextOf(steps, stop)) !== null;) {
        done += settled;
        tell();
        yield* answers();
      }
      tell();
      timing_callback?.(call.clock.timing);
    } finally {
      await steps.return(0);
    }
    aborted?.throwIfAborted();
    yield* answers();
    if (stop?.aborted) {
      if (errors !== "yield") return;
      // Behind the first without an answer there may be some with one.
      const end = waiting.findLastIndex(({ outcome }) => outcome !== null && "answer" in outcome) + 1;
      const reason = stop.reason instanceof Error ? stop.reason : new Error(`${stop.reason}`, { cause: stop.reason });
      for (const entry of waiting.splice(0, end)) {
        aborted?.throwIfAborted();
        yield entry.outcome === null ? reason : answerOf(entry, errors);
      }
    }
  }

  /** As `#admit`, but an input that does not fit becomes an entry with its error. */
  #admitOrRefuse(call: Call<Input, Output>, input: Input, place: InputPlace): Entry<Output> {
    try {
      return this.#admit(call, input, place);
    } catch (error) {
      return new Entry<Output>([], () => {
        throw error;
      });
    }
  }
}

/** The answer of a settled entry, or its error if that is asked for. @throws Its error, if it is not. */
function answerOf<Output>(entry: Entry<Output>, errors: ListOptions["errors"]): Output | Error {
  return errors === "yield" && "error" in entry.outcome! ? entry.outcome.error : entry.answer();
}

/** What the next step of a computation settles; null if it is over, by its end or by a stop. @throws Its error. */
async function nextOf(steps: AsyncGenerator<number>, stop: AbortSignal | undefined): Promise<number | null> {
  try {
    const { done, value } = await steps.next();
    return done ? null : value;
  } catch (error) {
    if (stop?.aborted && error === stop.reason) return null;
    throw error;
  }
}

/** How many inputs there are, if their collection says so. */
function countOf(inputs: Inputs<unknown>): number | undefined {
  const { length, size } = inputs as { length?: unknown; size?: unknown };
  return [length, size].find((count): count is number => typeof count === "number");
}

/** Index of the first number that is NaN or infinite; -1 if there is none. */
function firstNonFinite(values: ArrayLike<number>): number {
  for (let i = 0; i < values.length; i++) if (!Number.isFinite(values[i])) return i;
  return -1;
}
