/**
 * The times of kernels on one device, from their recording to their reading. Each command buffer has sets of timestamps
 * of its own until its times are read, so no number of kernels is too large.
 */

import { TimestampSet } from "./timestamps.ts";

/** What a dispatch computes, for profiles. */
export interface KernelWork {
  /** The kernel's name. */
  readonly kernel: string;
  /** Its sizes, roughly: calls of one kernel and shape take about as long. */
  readonly shape: string;
  /** The part of the model that it computes; null if nobody says. */
  readonly part: string | null;
  /** Floating-point operations of products and attention; 0 of kernels that only memory limits. */
  readonly operations: number;
  /** Bytes of the tensors that it reads and writes. */
  readonly bytes: number;
  /** The sizes of the call by name. */
  readonly sizes: Readonly<Record<string, number>>;
}

/** One dispatch, timed. */
export interface TimedKernel {
  readonly label: string;
  readonly work: KernelWork | null;
  /** Start and end in nanoseconds since some moment of the device; both 0 if the driver did not write one of them. */
  readonly start: bigint;
  readonly end: bigint;
}

/** What was submitted at once, when, and the times of its kernels. */
export interface TimedSubmission {
  readonly device: GPUDevice;
  /** When it was submitted, and when it was known to be done at the latest, in ms by `performance.now()`. */
  readonly submitted: number;
  readonly done: number;
  /** In order. */
  readonly kernels: readonly TimedKernel[];
}

/** Dispatches of a set of timestamps, of which each takes two. */
const DISPATCHES = 128;

/** The dispatches of one command buffer that are timed. */
export class KernelRecording {
  /** What reads its times. */
  readonly store: KernelStore;
  readonly kernels: { readonly label: string; readonly work: KernelWork | null }[] = [];
  readonly sets: TimestampSet[] = [];

  constructor(store: KernelStore) {
    this.store = store;
  }

  /** The timestamps of the next dispatch. */
  next(label: string, work: KernelWork | null): GPUComputePassTimestampWrites {
    const i = this.kernels.length % DISPATCHES;
    if (i === 0) this.sets.push(this.store.acquire());
    this.kernels.push({ label, work });
    const { querySet } = this.sets.at(-1) as TimestampSet;
    return { querySet, beginningOfPassWriteIndex: 2 * i, endOfPassWriteIndex: 2 * i + 1 };
  }

  /** Appends what makes the timestamps readable. */
  resolve(encoder: GPUCommandEncoder): void {
    this.sets.forEach((set, i) => set.resolve(encoder, 2 * this.#countOf(i)));
  }

  /** Its command buffer was submitted, together with those of others of `submission`. */
  submitted(submission: Submitted): void {
    this.store.add(this, submission);
  }

  /** Its command buffer will never run. */
  drop(): void {
    this.store.release(this.sets);
  }

  /** Waits for the times. */
  async read(): Promise<TimedKernel[]> {
    const stamps = await Promise.all(this.sets.map((set, i) => set.read(2 * this.#countOf(i))));
    return this.kernels.map(({ label, work }, i) => {
      const [own, at] = [stamps[Math.floor(i / DISPATCHES)] as BigUint64Array, 2 * (i % DISPATCHES)];
      const [start, end] = [own[at] as bigint, own[at + 1] as bigint];
      if (start === 0n || end === 0n) return { label, work, start: 0n, end: 0n };
      return { label, work, start, end: end < start ? start : end }; // drivers may count backwards
    });
  }

  #countOf(set: number): number {
    return Math.min(DISPATCHES, this.kernels.length - set * DISPATCHES);
  }
}

/** When something was submitted, and known to be done; null until it is. */
export interface Submitted {
  readonly at: number;
  done: number | null;
}

/** Receives the times of submissions, in the order in which they were made. */
export type SubmissionListener = (submission: TimedSubmission) => void;

/** All recordings of one profiler on a device. */
export class KernelStore {
  readonly #device: GPUDevice;
  readonly #listener: SubmissionListener;
  readonly #sets = new Set<TimestampSet>();
  readonly #free: TimestampSet[] = [];
  /** What was submitted and is not read yet. */
  #pending = new Map<Submitted, KernelRecording[]>();
  /** Settles when all that was asked for is read. */
  #reading: Promise<void> = Promise.resolve();
  #lost = 0;

  /** @param listener Receives what {@linkcode drain} has read. */
  constructor(device: GPUDevice, listener: SubmissionListener) {
    this.#device = device;
    this.#listener = listener;
  }

  /** Dispatches whose times could not be read, as the device was lost. */
  get lost(): number {
    return this.#lost;
  }

  /** A free set of timestamps. */
  acquire(): TimestampSet {
    const free = this.#free.pop();
    if (free !== undefined) return free;
    const set = new TimestampSet(this.#device, 2 * DISPATCHES);
    this.#sets.add(set);
    return set;
  }

  /** Takes sets back. */
  release(sets: readonly TimestampSet[]): void {
    this.#free.push(...sets);
  }

  /** Notes what was submitted. */
  add(recording: KernelRecording, submission: Submitted): void {
    if (recording.kernels.length === 0) return;
    const known = this.#pending.get(submission);
    if (known === undefined) this.#pending.set(submission, [recording]);
    else known.push(recording);
  }

  /** Reads the times of all that was submitted so far, once it is done. In Deno this blocks until it is. */
  drain(): Promise<void> {
    const [pending, before] = [this.#pending, this.#reading];
    if (pending.size === 0) return before;
    this.#pending = new Map();
    const reads = [...pending].map(async ([submission, recordings]) => {
      const read = await Promise.allSettled(recordings.map((recording) => recording.read()));
      const done = submission.done ?? performance.now();
      return { submission, recordings, read, done };
    });
    return this.#reading = (async () => {
      await before;
      for (const { submission, recordings, read, done } of await Promise.all(reads)) {
        for (const { sets } of recordings) this.release(sets);
        read.forEach(({ status }, i) => this.#lost += status === "rejected" ? recordings[i]!.kernels.length : 0);
        const kernels = read.flatMap((one) => one.status === "fulfilled" ? one.value : []);
        if (kernels.length > 0) this.#listener({ device: this.#device, submitted: submission.at, done, kernels });
      }
    })();
  }

  /** Frees all sets. */
  dispose(): void {
    for (const set of this.#sets) set.destroy();
    this.#sets.clear();
    this.#free.length = 0;
  }
}

const recordings = new WeakMap<GPUCommandBuffer, KernelRecording>();

/** Notes that a command buffer writes timestamps. */
export function noteTimed(commands: GPUCommandBuffer, recording: KernelRecording): void {
  recordings.set(commands, recording);
}

/** The recording whose timestamps a command buffer writes. */
export function timedBy(commands: GPUCommandBuffer): KernelRecording | undefined {
  return recordings.get(commands);
}
