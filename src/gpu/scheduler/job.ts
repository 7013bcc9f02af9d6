/** Work for the GPU that ends with a readback, and its way through the scheduler. */

import type { SpanDetails } from "../../base/spans/spans.ts";
import type { Work } from "./meter.ts";
import type { Latency, StagingPool } from "../readback.ts";

/** Work for a scheduler: steps in order, and a result in a staging buffer. */
export interface Job<T> {
  /** Names the work in errors: `Cannot run LABEL: …`. */
  readonly label: string;
  /** What a profile tells of it, such as its sizes. */
  readonly details?: SpanDetails | undefined;
  /**
   * The steps, in order. Their costs decide how many are submitted together; the clock never does. A job without steps
   * only copies.
   */
  readonly steps: readonly Work[];
  /**
   * Encodes the steps from `first` to before `end`, in order, right before they are submitted. The last ones also copy
   * the result to the staging buffer.
   *
   * `queue.writeBuffer` takes effect before all commands of the submission. So a buffer that other jobs use too must be
   * written by a copy in the commands.
   */
  encode(first: number, end: number): GPUCommandBuffer;
  /** A buffer of the device's staging pool. The scheduler gives it back. */
  readonly staging: GPUBuffer;
  /** Bytes of the result. */
  readonly bytes: number;
  /** Makes the result from the mapped bytes. They are gone when it returns, so it must copy. */
  take(mapped: ArrayBuffer): T;
  /** How the result is waited for. Default: `normal`. */
  readonly latency?: Latency | undefined;
  /** When it is aborted, the caller is told at once, and steps that are not submitted yet never run. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Index of the first step of those that run all or not at all: an abort after it was encoded comes too late, and the
   * caller gets the result. Left out, each step may be the last.
   */
  readonly commits?: number | undefined;
  /** Called with what went wrong when the job fails or is aborted, before anything else is encoded or submitted. */
  readonly onFailed?: ((reason: unknown) => void) | undefined;
}

/** What a job needs of the pool that its staging buffer is from. */
export type JobStaging = Pick<StagingPool, "destroy" | "release">;

/** A job in the scheduler. */
export class Ticket<T = unknown> {
  readonly job: Job<T>;
  /** The result, or what went wrong. */
  readonly promise: Promise<T>;
  /** The step that is submitted next. */
  next = 0;
  /** The end of what was encoded; behind {@linkcode next} while a submission is put together. */
  encoded = 0;
  /** Whether the result is being read. */
  reading = false;
  /** Whether the caller was told. */
  settled = false;
  readonly #resolve: (result: T) => void;
  readonly #reject: (reason: unknown) => void;
  readonly #pool: JobStaging;
  readonly #abort = () => {
    const { commits = Infinity, signal } = this.job;
    if (this.encoded <= commits) this.reject(signal?.reason);
  };

  /** @param pool Gets the staging buffer back if the job fails. */
  constructor(job: Job<T>, pool: JobStaging) {
    this.job = job;
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    this.promise = promise;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#pool = pool;
    job.signal?.addEventListener("abort", this.#abort);
  }

  /** Tells the caller the result, unless it was told something already. */
  resolve(result: T): void {
    if (this.#settle()) this.#resolve(result);
  }

  /** Tells the caller what went wrong, unless it was told something already. */
  reject(reason: unknown): void {
    if (!this.#settle()) return;
    // Buffers are used in the order of submission, so this one can be lent again at once, unless it is being mapped.
    if (this.reading) this.#pool.destroy(this.job.staging);
    else this.#pool.release(this.job.staging);
    this.#reject(reason);
    this.job.onFailed?.(reason);
  }

  #settle(): boolean {
    if (this.settled) return false;
    this.settled = true;
    this.job.signal?.removeEventListener("abort", this.#abort);
    return true;
  }
}
