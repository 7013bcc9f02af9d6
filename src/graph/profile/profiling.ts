/** A profile under way: it listens to the spans of this thread, and to the times of all kernels. */

import { DeviceLostError } from "../../base/errors.ts";
import { listenToSpans, type Span } from "../../base/spans/spans.ts";
import { adapterName, describeAdapter } from "../../gpu/adapter.ts";
import { requestGpu } from "../../gpu/device.ts";
import type { TimedSubmission } from "../../gpu/profiling/kernel_store.ts";
import { KernelSession, kernelSession, setKernelSession } from "../../gpu/profiling/session.ts";
import { measurePeak, type Peak } from "../../kernels/peak/peak.ts";
import { EventList } from "./event_list.ts";
import { GpuTimeline } from "./gpu_timeline.ts";
import { type Profile, profileOf } from "./profile.ts";
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

/** A profile under way; {@linkcode startProfile} begins one. */
export class Profiling {
  readonly #start: number;
  readonly #session: KernelSession;
  readonly #events: EventList;
  readonly #most: number;
  readonly #sums = new Sums();
  readonly #timeline = new GpuTimeline();

  /** Begins; {@linkcode startProfile} says what it throws. */
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
    try {
      await this.#session.drain();
    } finally {
      this.#session.dispose();
    }
    this.#events.flush();
    const { devices } = this.#session;
    const [device] = devices;
    const { kernels, parts } = this.#sums;
    return profileOf({
      adapters: [...new Set(devices.map(({ adapterInfo }) => adapterName(describeAdapter(adapterInfo))))],
      peak: peak && device !== undefined && this.#timeline.submissions > 0 ? await peakOf(device) : null,
      kernels,
      parts,
      totals: this.#sums.totals(end - this.#start),
      notes: this.#notes(),
      traceNotes: this.#traceNotes(),
    }, this.#events.events);
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

  #addSubmission(submission: TimedSubmission): void {
    const { milliseconds, events } = this.#timeline.place(submission);
    this.#sums.addSubmission(submission.kernels, milliseconds);
    for (const event of events) this.#events.add(event);
  }

  #notes(): string[] {
    const notes: string[] = [];
    const { isPartial, lost } = this.#session;
    const { untimed } = this.#timeline;
    if (isPartial) {
      notes.push("Kernels have no times: the adapter, or the device of the caller, lacks the feature timestamp-query");
    }
    if (untimed > 0) notes.push(`The driver gave no time for ${untimed} kernels, which count as 0`);
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
