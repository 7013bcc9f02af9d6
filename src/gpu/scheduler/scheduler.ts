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
import { beginSpan, endSpan } from "../../base/spans/spans.ts";
import { tick } from "../../base/tick.ts";
import type { Speed } from "../adapter.ts";
import { type Job, Ticket } from "./job.ts";
import { JobQueue } from "./job_queue.ts";
import { Meter, type Work } from "./meter.ts";
import { Pace } from "./pace.ts";
import { timedBy } from "../profiling/kernel_store.ts";
import { TimedFlights } from "../profiling/timed_flights.ts";
import type { StagingPool } from "../readback.ts";
import { callsOfThisTurn } from "./turn.ts";
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
  /** The jobs whose callers were not told anything yet. */
  readonly #unsettled = new Set<Ticket>();
  /** Whether waiting for the GPU blocks the event loop: in Deno it does, in browsers it does not. */
  readonly #holds = deno() !== undefined;
  readonly #timed = new TimedFlights();
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
      job.onFailed?.(error);
      throw error;
    }
    const asked = beginSpan();
    const ticket = new Ticket(job, staging);
    this.#unsettled.add(ticket as Ticket);
    this.#queue.add(ticket as Ticket);
    if (!this.#working) this.#work();
    try {
      return await this.#host.watch(() => ticket.promise);
    } finally {
      this.#unsettled.delete(ticket as Ticket);
      endSpan(asked, "jobs", job.label, job.details);
    }
  }

  /**
   * Rejects the jobs whose work an error of the device may have stopped. Nobody knows which of the jobs in a submission
   * an error is about, and a submission runs as a whole or not at all.
   *
   * @param all Whether the device runs nothing more. Otherwise the jobs that were not begun go on.
   * @returns Whether any job was rejected.
   */
  fail(error: Error, { all }: { all: boolean }): boolean {
    const failed = [...this.#unsettled].filter(({ next, settled }) => !settled && (all || next > 0));
    for (const ticket of failed) ticket.reject(error);
    return failed.length > 0;
  }

  async #work(): Promise<void> {
    this.#working = true;
    await callsOfThisTurn();
    let next = this.#encode();
    while (next !== null) {
      const flight: Submission = next;
      await this.#submit(flight);
      if (this.#holds) {
        const waits = beginSpan();
        if (!await this.#pace.sleep() && this.#needsTurn(flight)) await tick();
        endSpan(waits, "scheduler", "wait");
        next = this.#encode(); // while the GPU finishes
        // The GPU is idle when this returns; the next submission does not wait for the promises.
        if (this.#read(flight).length > 0) this.#timed.finish();
      } else {
        await Promise.allSettled([...this.#read(flight), this.#host.device.queue.onSubmittedWorkDone()]);
        this.#timed.finish();
        next = this.#encode();
      }
    }
    this.#working = false;
  }

  /**
   * Whether other events of the process must come before the results of a submission are read: timers and I/O, which
   * many submissions would starve, and errors of the device, which Deno tells in the next turn. Reads of normal latency
   * wait for longer than that.
   */
  #needsTurn({ ended }: Submission): boolean {
    return !this.#queue.isEmpty || ended.some(({ job }) => job.latency === "low");
  }

  /** Encodes the next submission; null if no job waits. A job that fails is rejected and left out. */
  #encode(): Submission | null {
    const begun = beginSpan();
    const next = this.#encodeNext();
    if (next !== null) endSpan(begun, "scheduler", "encode");
    return next;
  }

  #encodeNext(): Submission | null {
    const commands: GPUCommandBuffer[] = [];
    const tickets: Ticket[] = [];
    const ended: Ticket[] = [];
    const works: Work[] = [];
    const checks: Promise<void>[] = [];
    while (commands.length === 0) {
      const slices = this.#queue.take(this.#speed.budget, { alone: this.#host.buffers.poisoned });
      if (slices.length === 0) return null;
      for (const { ticket, first, end } of slices) {
        if (ticket.settled) continue; // by what became of a job before it
        ticket.encoded = end;
        const { job } = ticket;
        const check = this.#host.guarded(job.label, () => {
          try {
            const encoded = job.encode(first, end);
            if (!ticket.settled) commands.push(encoded);
            else timedBy(encoded)?.drop();
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
    const begun = beginSpan();
    this.#timed.submit(commands);
    try {
      let submitted = Promise.resolve();
      this.#pace.submit(works, () => {
        submitted = this.#host.guarded(labels.join(" and "), () => queue.submit([...commands]));
      });
      endSpan(begun, "scheduler", "submit");
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
    const begun = beginSpan();
    this.#pace.finish(() => {
      for (const ticket of waiting) {
        const { job } = ticket;
        ticket.reading = true;
        const take = (mapped: ArrayBuffer) => ticket.settled || ticket.resolve(job.take(mapped));
        reads.push(staging.readInto(job.staging, job.bytes, take, job.latency).then(() => {}, (e) => ticket.reject(e)));
      }
    });
    endSpan(begun, "scheduler", "read");
    return reads;
  }
}
