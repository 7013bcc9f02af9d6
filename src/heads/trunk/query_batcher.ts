/** Gathers the queries of many callers, and answers them together. */

import { InputError, OverloadedError } from "../../base/errors.ts";
import { tick } from "../../base/tick.ts";
import { type BatchingOptions, batchingSettings } from "./batching.ts";
import type { NamedAnswers, Query } from "./query.ts";
import { PASS_TOKENS } from "./sequences.ts";
import { type Caller, isWanted, keyOf, sizeOf, type Waiting } from "./waiting.ts";

/** What answers queries together: a trunk. */
export interface Answering {
  /** Most tokens that are answered in one pass. @default 4096 */
  readonly passTokens?: number;
  /** Of a queue: most queries that are answered in one pass. */
  readonly passQueries?: number;
  /** Whether its weights stay as they are, so that an answer under way is that of an equal query that comes later. */
  readonly isFixed?: boolean;
  /** The narrow rows that a query asks for. @default its tokens */
  rowsOf?(query: Query): number;
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
  /** Of a queue: called once, when the first of them is computed. */
  readonly onBegin?: () => void;
}

/**
 * Answers the queries of many callers in batches: first come first served, one batch at a time, and a second one if it is
 * full. Answers are those that each caller would get alone, to 1e-5. A query whose caller has aborted leaves the queue;
 * one that is equal to another under way has the same answer.
 */
export class QueryBatcher implements Answering {
  readonly #trunk: Answering;
  readonly #settings: Required<BatchingOptions>;
  readonly #queue: Waiting[] = [];
  /** Queries that wait for room in the queue. */
  readonly #late: Waiting[] = [];
  /** Queries that an equal one may join, by their keys. */
  readonly #known = new Map<string, Waiting>();
  /** Batches that are computed now. */
  #running = 0;
  /** Whether a run of {@linkcode QueryBatcher.#serve} looks after the queue. */
  #isServed = false;
  /** Ends the present wait of that run. */
  #wake: () => void = () => {};

  /**
   * @throws {TypeError} On an unknown option, or a callback that is none.
   * @throws {RangeError} If an option's value is not allowed.
   */
  constructor(trunk: Answering, options: BatchingOptions = {}) {
    this.#settings = batchingSettings(options, { passTokens: trunk.passTokens ?? PASS_TOKENS });
    this.#trunk = trunk;
  }

  /** Most tokens of a batch. */
  get passTokens(): number {
    return this.#settings.maxTokens;
  }

  /** Most queries of a batch. */
  get passQueries(): number {
    return this.#settings.maxBatch;
  }

  /** Queries that wait for their batch; equal ones count once. */
  get waiting(): number {
    return this.#queue.filter(isWanted).length;
  }

  /**
   * Answers queries, in their order.
   *
   * @throws {OverloadedError} If too many wait already, unless these wait for room.
   * @throws {InputError} If one of them does not fit the model; those of other callers are answered.
   */
  async answer(
    queries: readonly Query[],
    { signal, waits = false, onBegin = () => {} }: AnsweringOptions = {},
  ): Promise<NamedAnswers[]> {
    signal?.throwIfAborted();
    const { asked, added } = this.#find(queries);
    this.#checkRoom(added.length, waits);
    for (const one of added) this.#known.set(one.key, one);
    let timer: ReturnType<typeof setTimeout> | undefined;
    let begin = () => {
      begin = () => {};
      clearTimeout(timer);
      onBegin();
    };
    const left: (() => void)[] = [];
    const answers = asked.map((one) => {
      const { promise, resolve, reject } = Promise.withResolvers<NamedAnswers>();
      const caller: Caller = {
        begin: () => begin(),
        settle: (told) => "answer" in told ? resolve(told.answer) : reject(told.error),
      };
      promise.catch(() => {}); // told by the first of them
      one.callers.add(caller);
      if (one.isBegun) begin();
      left.push(() => this.#leave(one, caller));
      return promise;
    });
    const aborted = Promise.withResolvers<never>();
    const abort = () => aborted.reject(signal!.reason);
    signal?.addEventListener("abort", abort);
    const { maxQueueMs } = this.#settings;
    if (asked.length > 0 && maxQueueMs < Infinity && !asked.some(({ isBegun }) => isBegun)) {
      const late = new DOMException(`A query has waited for ${maxQueueMs} ms; try again later`, "TimeoutError");
      timer = setTimeout(() => aborted.reject(late), maxQueueMs);
    }
    (waits ? this.#late : this.#queue).push(...added);
    this.#refill();
    this.#look();
    try {
      return await Promise.race([Promise.all(answers), aborted.promise]);
    } finally {
      clearTimeout(timer);
      for (const leave of left) leave();
      signal?.removeEventListener("abort", abort);
    }
  }

  /** What is computed for some queries: what is waiting already, or what is `added` to it. */
  #find(queries: readonly Query[]): { asked: Waiting[]; added: Waiting[] } {
    const added = new Map<string, Waiting>();
    const since = performance.now();
    const asked = queries.map((query) => {
      const key = keyOf(query);
      const known = added.get(key) ?? this.#known.get(key);
      if (known !== undefined && (!known.isBegun || this.#trunk.isFixed)) return known;
      const tokens = query.tokens.input_ids.length;
      const rows = this.#trunk.rowsOf?.(query) ?? tokens;
      const one = { query, key, tokens, rows, since, callers: new Set<Caller>(), isBegun: false, onLeft: () => {} };
      added.set(key, one);
      return one;
    });
    return { asked, added: [...added.values()] };
  }

  #checkRoom(count: number, waits: boolean): void {
    const { waiting } = this;
    const { maxQueue } = this.#settings;
    if (waits || count === 0 || waiting === 0 || waiting + count <= maxQueue) return;
    const more = count === 1 ? "another query" : `${count} more queries`;
    throw new OverloadedError(`Cannot answer ${more}: ${waiting} wait, and at most ${maxQueue} may; try again later`);
  }

  /** A caller is gone, or was told. */
  #leave(one: Waiting, caller: Caller): void {
    if (!one.callers.delete(caller) || isWanted(one)) return;
    this.#forget(one);
    one.onLeft();
  }

  #forget(one: Waiting): void {
    if (this.#known.get(one.key) === one) this.#known.delete(one.key);
  }

  #tell(one: Waiting, told: Parameters<Caller["settle"]>[0]): void {
    this.#forget(one);
    for (const { settle } of one.callers) settle(told);
    one.callers.clear();
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
    if (this.#running === 0 && performance.now() - since >= this.#settings.maxWaitMs) return true;
    return this.#running < 2 && this.#isFull();
  }

  #isFull(): boolean {
    const { maxBatch, maxTokens, maxRows } = this.#settings;
    const all = sizeOf(this.#queue);
    return all.queries >= maxBatch || all.tokens >= maxTokens || all.rows >= maxRows;
  }

  /** Drops queries whose callers are gone. */
  #drop(): void {
    const left = this.#queue.filter(isWanted);
    this.#queue.splice(0, this.#queue.length, ...left);
    this.#refill();
  }

  /** Lets queries into the queue that wait for room there. */
  #refill(): void {
    for (let { waiting } = this; this.#late.length > 0 && waiting < this.#settings.maxQueue;) {
      const late = this.#late.shift()!;
      if (!isWanted(late)) continue;
      this.#queue.push(late);
      waiting++;
    }
  }

  /** Takes the first queries of the queue, as many as a batch may have. */
  #take(): Waiting[] {
    const { maxBatch, maxTokens, maxRows } = this.#settings;
    let [count, tokens, rows] = [0, 0, 0];
    for (const one of this.#queue) {
      tokens += one.tokens;
      rows += one.rows;
      if (count > 0 && (count === maxBatch || tokens > maxTokens || rows > maxRows)) break;
      count++;
    }
    const taken = this.#queue.splice(0, count);
    this.#refill();
    return taken;
  }

  /** Computes a batch, and tells its callers. If all of them have aborted, it is stopped. */
  async #compute(batch: readonly Waiting[]): Promise<void> {
    this.#running++;
    const began = performance.now();
    const unwanted = new AbortController();
    for (const one of batch) {
      one.isBegun = true;
      one.onLeft = () => {
        if (!batch.some(isWanted)) unwanted.abort();
      };
      for (const caller of one.callers) caller.begin();
    }
    try {
      await this.#answerAll(batch, unwanted.signal);
    } finally {
      this.#running--;
      this.#wake();
      const [waitedMs, tookMs] = [began - batch[0]!.since, performance.now() - began];
      queueMicrotask(() => this.#settings.onBatch({ ...sizeOf(batch), waitedMs, tookMs, waiting: this.waiting }));
    }
  }

  async #answerAll(batch: readonly Waiting[], signal: AbortSignal): Promise<void> {
    try {
      const answers = await this.#trunk.answer(batch.map(({ query }) => query), { signal });
      for (const [i, one] of batch.entries()) this.#tell(one, { answer: answers[i]! });
    } catch (error) {
      // One query that does not fit fails all: then each is asked by itself.
      if (batch.length > 1 && error instanceof InputError) {
        for (const one of batch) if (isWanted(one)) await this.#answerAll([one], signal);
      } else for (const one of batch) this.#tell(one, { error });
    }
  }
}
