/**
 * One way to wait for a GPU: work that ends with a readback goes through its device's scheduler. Only the tuner's clock
 * and the profiler wait by themselves.
 *
 * Deno's `mapAsync` blocks the event loop until all submitted work is done, and llvmpipe's `submit` until the earlier
 * submission is done. So there is one submission in flight, of a bounded estimated cost. The scheduler sleeps by a
 * timer until shortly before the GPU is expected to be done. Then it asks for the results, and submits what comes next.
 *
 * Jobs run in the order in which they came. Jobs of one turn of the event loop share one `submit` of several command
 * buffers, as far as the budget allows. A large job is cut between its steps. Costs alone decide that, never the clock.
 */

import { deno } from "../../base/runtime.ts";
import type { Speed } from "../adapter.ts";
import { type Job, Ticket } from "./job.ts";
import { JobQueue } from "./job_queue.ts";
import { Meter, type Work } from "./meter.ts";
import { Pace } from "./pace.ts";
import type { StagingPool } from "../readback.ts";
import { callsOfThisTurn, nextTurn } from "./turn.ts";
import type { WorkClock } from "./work_clock.ts";

/** What a scheduler needs of the device that it serves. */
export interface SchedulerHost {
  readonly device: { readonly queue: Pick<GPUQueue, "submit" | "onSubmittedWorkDone"> };
  readonly staging: Pick<StagingPool, "readInto" | "release" | "destroy">;
  /** Whether jobs fill their buffers with NaN by `queue.writeBuffer`. If so, each job has submissions of its own. */
  readonly buffers: { readonly poisoned: boolean };
  check(): void;
  watch<T>(work: () => Promise<T>): Promise<T>;
  guarded(label: string, submit: () => void): Promise<void>;
  /** Calls `tell` when the device is lost. Returns a function that cancels this. */
  onLoss(tell: (error: Error) => void): () => void;
}

/** What is submitted at once. */
interface Submission {
  readonly commands: readonly GPUCommandBuffer[];
  readonly tickets: readonly Ticket[];
  /** The jobs whose last steps these are. */
  readonly ended: readonly Ticket[];
  readonly works: readonly Work[];
  /** The error scopes of the encoding; settled at once unless the device is checked. */
  readonly checks: readonly Promise<void>[];
}

/** Runs the jobs of one device. */
export class Scheduler {
  readonly #host: SchedulerHost;
  readonly #speed: Speed;
  readonly #pace: Pace;
  readonly #meters = new Map<string, Meter>();
  readonly #queue = new JobQueue();
  /** Whether waiting for the GPU blocks the event loop: in Deno it does, in browsers it does not. */
  readonly #holds = deno() !== undefined;
  #working = false;

  constructor(host: SchedulerHost, { speed, clock }: { speed: Speed; clock: WorkClock }) {
    this.#host = host;
    this.#speed = speed;
    this.#pace = new Pace(clock);
  }

  /**
   * A new meter for a caller's work of a kind. Its first rate is the one learned from all callers' work of that kind.
   *
   * @param kind The name of a kernel, or of what else is done.
   */
  meter(kind: string): Meter {
    let all = this.#meters.get(kind);
    if (all === undefined) this.#meters.set(kind, all = new Meter(this.#speed.rate));
    return new Meter(all);
  }

  /**
   * Runs a job after all that came before it.
   *
   * @throws {DeviceLostError} If the device is lost before the result is here.
   * @throws What `encode` or `take` throws, or the reason of the signal.
   */
  async run<T>(job: Job<T>): Promise<T> {
    const { staging } = this.#host;
    try {
      this.#host.check();
      job.signal?.throwIfAborted();
    } catch (error) {
      staging.release(job.staging);
      throw error;
    }
    const ticket = new Ticket(job, staging);
    const forget = this.#host.onLoss((error) => ticket.reject(error));
    this.#queue.add(ticket as Ticket);
    if (!this.#working) this.#work();
    try {
      return await this.#host.watch(() => ticket.promise);
    } finally {
      forget();
    }
  }

  async #work(): Promise<void> {
    this.#working = true;
    await callsOfThisTurn();
    let next = this.#encode();
    while (next !== null) {
      const flight: Submission = next;
      await this.#submit(flight);
      if (this.#holds) {
        const slept = await this.#pace.sleep();
        if (!slept && !this.#queue.isEmpty) await nextTurn(); // so that timers and I/O are not starved
        next = this.#encode(); // while the GPU finishes
        this.#read(flight); // the GPU is idle when this returns; the next submission does not wait for the promises
      } else {
        await Promise.allSettled([...this.#read(flight), this.#host.device.queue.onSubmittedWorkDone()]);
        next = this.#encode();
      }
    }
    this.#working = false;
  }

  /** Encodes the next submission; null if no job waits. A job that fails is rejected and left out. */
  #encode(): Submission | null {
    const commands: GPUCommandBuffer[] = [];
    const tickets: Ticket[] = [];
    const ended: Ticket[] = [];
    const works: Work[] = [];
    const checks: Promise<void>[] = [];
    while (commands.length === 0) {
      const slices = this.#queue.take(this.#speed.budget, { alone: this.#host.buffers.poisoned });
      if (slices.length === 0) return null;
      for (const { ticket, first, end } of slices) {
        const { job } = ticket;
        const check = this.#host.guarded(job.label, () => {
          try {
            const encoded = job.encode(first, end);
            if (!ticket.settled) commands.push(encoded);
          } catch (error) {
            ticket.reject(error);
          }
        });
        checks.push(check.catch((error) => ticket.reject(error)));
        if (ticket.settled) continue;
        if (end === job.steps.length) ended.push(ticket);
        tickets.push(ticket);
        works.push(...job.steps.slice(first, end));
      }
    }
    return { commands, tickets, ended, works, checks };
  }

  async #submit({ commands, tickets, works, checks }: Submission): Promise<void> {
    const { queue } = this.#host.device;
    const labels = [...new Set(tickets.map(({ job }) => job.label))];
    try {
      let submitted = Promise.resolve();
      this.#pace.submit(works, () => {
        submitted = this.#host.guarded(labels.join(" and "), () => queue.submit([...commands]));
      });
      await Promise.all([submitted, ...checks]);
    } catch (error) {
      for (const ticket of tickets) ticket.reject(error);
    }
  }

  /** Asks for the results of all jobs whose last steps were in a submission, and settles them. */
  #read({ ended }: Submission): Promise<void>[] {
    const { staging } = this.#host;
    const waiting = ended.filter(({ settled }) => !settled);
    const reads: Promise<void>[] = [];
    if (waiting.length === 0) return reads;
    this.#pace.finish(() => {
      for (const ticket of waiting) {
        const { job } = ticket;
        ticket.reading = true;
        const read = staging.readInto(job.staging, job.bytes, (mapped) => job.take(mapped), job.latency);
        reads.push(read.then((result) => ticket.resolve(result), (error) => ticket.reject(error)));
      }
    });
    return reads;
  }
}
