/** Profiles whatever this thread does: its phases, and every kernel of every program. */

import { DeviceLostError } from "../../base/errors.ts";
import { listenToSpans, type Span } from "../../base/spans/spans.ts";
import { adapterName, describeAdapter } from "../../gpu/adapter.ts";
import { requestGpu } from "../../gpu/device.ts";
import type { TimedSubmission } from "../../gpu/profiling/kernel_store.ts";
import { KernelSession, kernelSession, setKernelSession } from "../../gpu/profiling/session.ts";
import { measurePeak, type Peak } from "../../kernels/peak.ts";
import { EventList } from "./event_list.ts";
import { GpuClock } from "./gpu_clock.ts";
import { Profile } from "./profile.ts";
import { Sums } from "./sums.ts";

/** What a profile keeps. */
export interface ProfileOptions {
  /** Events of the trace that are kept; the sums count the others too. 0 keeps no trace. @default 200000 */
  maxEvents?: number;
  /** When it counts as begun, by `performance.now()`. @default now */
  since?: number;
}

/** How a profile ends. */
export interface StopOptions {
  /** Measure what the adapter can do at most, with which kernels are compared: about a second. @default false */
  peak?: boolean;
}

/** Events that are kept: some 40 MB of JSON. */
const MOST_EVENTS = 200_000;

/** A device's clock, and the zero of its times. */
interface DeviceClock {
  readonly zero: bigint;
  readonly clock: GpuClock;
}

/** A profile under way. */
export class Profiling {
  readonly #start: number;
  readonly #session: KernelSession;
  readonly #events: EventList;
  readonly #most: number;
  readonly #sums = new Sums();
  readonly #clocks = new Map<GPUDevice, DeviceClock>();
  #submissions = 0;
  #untimed = 0;

  /** Begins; {@linkcode startProfile} does the same. */
  constructor({ maxEvents = MOST_EVENTS, since = performance.now() }: ProfileOptions = {}) {
    if (!(Number.isSafeInteger(maxEvents) && maxEvents >= 0)) {
      throw new RangeError(`Cannot start a profile: maxEvents must be a whole number from 0, got ${maxEvents}`);
    }
    if (kernelSession() !== null) throw new Error("Cannot start a profile: one is under way, which must stop first");
    this.#start = since;
    this.#most = maxEvents;
    this.#events = new EventList(maxEvents);
    this.#session = new KernelSession((submission) => this.#addSubmission(submission));
    setKernelSession(this.#session);
    listenToSpans((span) => this.#addSpan(span));
  }

  /** Adds a span of the caller's to the trace, in ms by `performance.now()`. */
  addPhase(name: string, start: number, end: number): void {
    this.#addSpan({ lane: "process", name, start, end });
  }

  /** Ends it, and waits for the times of the kernels that were submitted. @throws {Error} If it was stopped before. */
  async stop({ peak = false }: StopOptions = {}): Promise<Profile> {
    const end = performance.now();
    this.#end();
    await this.#session.drain();
    this.#session.dispose();
    this.#events.flush();
    const { devices } = this.#session;
    const adapters = [...new Set(devices.map(({ adapterInfo }) => adapterName(describeAdapter(adapterInfo))))];
    const [device] = devices;
    const most = peak && device !== undefined && this.#submissions > 0 ? await peakOf(device) : null;
    const { kernels, parts } = this.#sums;
    const totals = this.#sums.totals(end - this.#start);
    const found = {
      adapters,
      peak: most,
      kernels,
      parts,
      totals,
      notes: this.#notes(),
      traceNotes: this.#traceNotes(),
    };
    return new Profile(found, this.#events.events);
  }

  /** Ends it without a result, if it was not stopped. */
  [Symbol.dispose](): void {
    if (kernelSession() !== this.#session) return;
    this.#end();
    this.#session.dispose();
  }

  #end(): void {
    if (kernelSession() !== this.#session) throw new Error("Cannot stop a profile: it was stopped already");
    setKernelSession(null);
    listenToSpans(null);
  }

  #addSpan(span: Span): void {
    this.#sums.addSpan(span);
    if (span.lane === "tokenizer") this.#events.join(span);
    else this.#events.add(span);
  }

  #addSubmission({ device, submitted, done, kernels }: TimedSubmission): void {
    const from = kernels.reduce((least, { start }) => start < least ? start : least, kernels[0]!.start);
    const to = kernels.reduce((most, { end }) => end > most ? end : most, from);
    this.#untimed += kernels.filter(({ start }) => start === 0n).length;
    let known = this.#clocks.get(device);
    if (known === undefined) this.#clocks.set(device, known = { zero: from, clock: new GpuClock() });
    const { zero, clock } = known;
    const milliseconds = (stamp: bigint) => Number(stamp - zero) / 1e6;
    const [first, last] = [milliseconds(from), milliseconds(to)];
    const offset = clock.offsetOf({ submitted, done, first, last });
    this.#sums.addSubmission(kernels, last - first);
    const details = { kernels: kernels.length, submitted_ms: submitted, done_ms: done };
    const name = `submission ${++this.#submissions}`;
    this.#events.add({ lane: "GPU", name, start: first + offset, end: last + offset, details });
    for (const { label, work, start, end } of kernels) {
      this.#events.add({
        lane: "GPU",
        name: work?.kernel ?? label,
        start: milliseconds(start) + offset,
        end: milliseconds(end) + offset,
        kernel: { label, work },
      });
    }
  }

  #notes(): string[] {
    const notes: string[] = [];
    const { isPartial, lost } = this.#session;
    if (isPartial) {
      notes.push("Kernels have no times: the adapter, or the device of the caller, lacks the feature timestamp-query");
    }
    if (this.#untimed > 0) notes.push(`The driver gave no time for ${this.#untimed} kernels, which count as 0`);
    if (lost > 0) notes.push(`The times of ${lost} kernels are lost, as their device was`);
    return notes;
  }

  #traceNotes(): string[] {
    const { dropped, events } = this.#events;
    if (dropped === 0 || this.#most === 0) return [];
    const last = events.at(-1)!.end / 1000;
    return [`The trace has the first ${this.#most} events, up to ${last.toFixed(1)} s: ${dropped} more are left out`];
  }
}

/** What the adapter of a device can do at most; null if the device is lost. */
async function peakOf(device: GPUDevice): Promise<Peak | null> {
  try {
    const gpu = await requestGpu({ device });
    return await gpu.watch(() => measurePeak(gpu, { quick: true }));
  } catch (error) {
    if (error instanceof DeviceLostError) return null;
    throw error;
  }
}

/**
 * Starts a profile of all that this thread computes, whichever pipeline, model or trainer does: the times of every
 * kernel, if the adapter has `timestamp-query`, and what the CPU does meanwhile. Answers stay the same. One profile can
 * be under way at a time. What a Worker computes is not seen.
 *
 * @throws {Error} If one is under way.
 * @throws {RangeError} If `maxEvents` is no whole number.
 *
 * @example
 * ```ts
 * import { pipeline, startProfile } from "@narrowbert/webgpu";
 *
 * using classify = await pipeline("text-classification");
 * using profiling = startProfile();
 * await classify(["a large animal", "to go by air"]);
 * const profile = await profiling.stop();
 * console.log(profile.table());
 * ```
 */
export function startProfile(options: ProfileOptions = {}): Profiling {
  return new Profiling(options);
}
