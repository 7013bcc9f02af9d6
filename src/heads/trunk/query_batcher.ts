/** Gathers the queries of many callers, and answers them together. */

import { InputError, OverloadedError } from "../../base/errors.ts";
import { checkOptionNames } from "../../base/options.ts";
import { tick } from "../../base/tick.ts";
import type { ReadoutAnswer } from "../readouts/readout.ts";
import type { Query } from "./query.ts";
import { PASS_TOKENS } from "./sequences.ts";

/** The answers to a query, by the names of its readouts. */
export type NamedAnswers = Readonly<Partial<Record<string, ReadoutAnswer>>>;

/** What answers queries together: a trunk. */
export interface Answering {
  /** Most tokens that are answered in one pass. @default 4096 */
  readonly passTokens?: number;
  /** Of a queue: most queries that are answered in one pass. */
  readonly passQueries?: number;
  answer(queries: readonly Query[], options: AnsweringOptions): Promise<readonly NamedAnswers[]>;
}

/** Options of what answers queries. */
export interface AnsweringOptions {
  readonly signal?: AbortSignal | undefined;
  /**
   * Of a queue: whether these wait for room if it is full, as the rest of a call does of which some were admitted.
   * @default false
   */
  readonly waits?: boolean;
}

/** How queries are gathered. */
export interface BatchingOptions {
  /** Most queries of a batch. @default 64 */
  maxBatch?: number;
  /** Most tokens of a batch; a query with more is a batch of its own. @default the trunk's `passTokens` */
  maxTokens?: number;
  /**
   * How long the first query of a batch waits for others if the GPU has nothing to do, in ms. While the GPU computes a
   * batch, queries wait for it anyway, so 0 is best for callers that come again and again. @default 0
   */
  maxWaitMs?: number;
  /** Most queries that wait; further ones are refused, unless none waits. @default 1024 */
  maxQueue?: number;
}

/** Names of {@linkcode BatchingOptions}. */
const NAMES = ["maxBatch", "maxTokens", "maxWaitMs", "maxQueue"];

/** A query that is not answered. */
interface Waiting {
  readonly query: Query;
  readonly tokens: number;
  /** When it came, by `performance.now()`. */
  readonly since: number;
  /** Tells its caller; `null` once it was told. */
  settle: ((told: { answer: NamedAnswers } | { error: unknown }) => void) | null;
}

/**
 * Answers the queries of many callers in batches: first come first served, one batch at a time, and a second one if it is
 * full. Answers are those that each caller would get alone, to 1e-5. A query whose caller has aborted leaves the queue.
 */
export class QueryBatcher implements Answering {
  readonly #trunk: Answering;
  readonly #settings: Required<BatchingOptions>;
  readonly #queue: Waiting[] = [];
  /** Queries that wait for room in the queue. */
  readonly #late: Waiting[] = [];
  /** Batches that are computed now. */
  #running = 0;
  /** Whether a run of {@linkcode QueryBatcher.#serve} looks after the queue. */
  #isServed = false;
  /** Ends the present wait of that run. */
  #wake: () => void = () => {};

  /**
   * @throws {TypeError} On an unknown option.
   * @throws {RangeError} If an option's value is not allowed.
   */
  constructor(trunk: Answering, options: BatchingOptions = {}) {
    checkOptionNames("batch calls", options, NAMES);
    const { maxBatch = 64, maxTokens = trunk.passTokens ?? PASS_TOKENS, maxWaitMs = 0, maxQueue = 1024 } = options;
    for (const [name, value] of Object.entries({ maxBatch, maxTokens, maxQueue })) {
      if (Number.isSafeInteger(value) && value >= 1) continue;
      throw new RangeError(`Cannot batch calls: ${name} must be a whole number from 1, got ${value}`);
    }
    if (!(maxWaitMs >= 0 && maxWaitMs < 2 ** 31)) {
      throw new RangeError(`Cannot batch calls: maxWaitMs must be a time from 0 in ms, got ${maxWaitMs}`);
    }
    this.#trunk = trunk;
    this.#settings = { maxBatch, maxTokens, maxWaitMs, maxQueue };
  }

  /** Most tokens of a batch. */
  get passTokens(): number {
    return this.#settings.maxTokens;
  }

  /** Most queries of a batch. */
  get passQueries(): number {
    return this.#settings.maxBatch;
  }

  /** Queries that wait for their batch. */
  get waiting(): number {
    return this.#queue.filter(({ settle }) => settle !== null).length;
  }

  /**
   * Answers queries, in their order.
   *
   * @throws {OverloadedError} If too many wait already, unless these wait for room.
   * @throws {InputError} If one of them does not fit the model; those of other callers are answered.
   */
  async answer(
    queries: readonly Query[],
    { signal, waits = false }: AnsweringOptions = {},
  ): Promise<NamedAnswers[]> {
    signal?.throwIfAborted();
    const { waiting } = this;
    const { maxQueue } = this.#settings;
    if (!waits && waiting > 0 && waiting + queries.length > maxQueue) {
      const more = queries.length === 1 ? "another query" : `${queries.length} more queries`;
      throw new OverloadedError(`Cannot answer ${more}: ${waiting} wait, and at most ${maxQueue} may; try again later`);
    }
    const added: Waiting[] = [];
    const answers = queries.map((query) => {
      const { promise, resolve, reject } = Promise.withResolvers<NamedAnswers>();
      const one: Waiting = {
        query,
        tokens: query.tokens.input_ids.length,
        since: performance.now(),
        settle(told) {
          one.settle = null;
          if ("answer" in told) resolve(told.answer);
          else reject(told.error);
        },
      };
      promise.catch(() => {}); // told by the first of them
      added.push(one);
      return promise;
    });
    const abort = () => {
      for (const one of added) one.settle?.({ error: signal!.reason });
    };
    signal?.addEventListener("abort", abort);
    (waits ? this.#late : this.#queue).push(...added);
    this.#refill();
    this.#look();
    try {
      return await Promise.all(answers);
    } catch (error) {
      for (const one of added) one.settle?.({ error });
      throw error;
    } finally {
      signal?.removeEventListener("abort", abort);
    }
  }

  /** Sees to it that the queue is served. */
  #look(): void {
    this.#wake();
    if (this.#isServed) return;
    this.#isServed = true;
    void this.#serve();
  }

  async #serve(): Promise<void> {
    await tick(); // callers that come in the same turn of the event loop share a batch
    for (;;) {
      this.#drop();
      const [first] = this.#queue;
      if (first === undefined) break;
      if (this.#isDue(first)) {
        void this.#compute(this.#take());
        continue;
      }
      const left = this.#running > 0 ? null : first.since + this.#settings.maxWaitMs - performance.now();
      await new Promise<void>((resolve) => {
        const timer = left === null ? undefined : setTimeout(resolve, left);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    this.#isServed = false;
  }

  /** Whether a batch is computed now: the GPU has nothing to do and the first query has waited, or the batch is full. */
  #isDue({ since }: Waiting): boolean {
    const { maxBatch, maxTokens, maxWaitMs } = this.#settings;
    if (this.#running === 0 && performance.now() - since >= maxWaitMs) return true;
    const isFull = this.#queue.length >= maxBatch ||
      this.#queue.reduce((sum, { tokens }) => sum + tokens, 0) >= maxTokens;
    return isFull && this.#running < 2;
  }

  /** Drops queries whose callers were told. */
  #drop(): void {
    const left = this.#queue.filter(({ settle }) => settle !== null);
    this.#queue.splice(0, this.#queue.length, ...left);
    this.#refill();
  }

  /** Lets queries into the queue that wait for room there. */
  #refill(): void {
    for (let { waiting } = this; this.#late.length > 0 && waiting < this.#settings.maxQueue;) {
      const late = this.#late.shift()!;
      if (late.settle === null) continue; // its caller was told
      this.#queue.push(late);
      waiting++;
    }
  }

  /** Takes the first queries of the queue, as many as a batch may have. */
  #take(): Waiting[] {
    const { maxBatch, maxTokens } = this.#settings;
    let [count, tokens] = [0, 0];
    for (const one of this.#queue) {
      tokens += one.tokens;
      if (count > 0 && (count === maxBatch || tokens > maxTokens)) break;
      count++;
    }
    const taken = this.#queue.splice(0, count);
    this.#refill();
    return taken;
  }

  /** Computes a batch, and tells its callers. If all of them have aborted, it is stopped. */
  async #compute(batch: readonly Waiting[]): Promise<void> {
    this.#running++;
    const unwanted = new AbortController();
    for (const one of batch) {
      const { settle } = one;
      one.settle = (told) => {
        settle!(told);
        if (batch.every((other) => other.settle === null)) unwanted.abort();
      };
    }
    try {
      await this.#answerAll(batch, unwanted.signal);
    } finally {
      this.#running--;
      this.#wake();
    }
  }

  async #answerAll(batch: readonly Waiting[], signal: AbortSignal): Promise<void> {
    try {
      const answers = await this.#trunk.answer(batch.map(({ query }) => query), { signal });
      for (const [i, one] of batch.entries()) one.settle?.({ answer: answers[i]! });
    } catch (error) {
      // One query that does not fit fails all: then each is asked by itself.
      if (batch.length > 1 && error instanceof InputError) {
        for (const one of batch) if (one.settle !== null) await this.#answerAll([one], signal);
      } else for (const one of batch) one.settle?.({ error });
    }
  }
}
