/** A finished profile: sums for programs, a table for people, a trace for a viewer. */

import type { Peak } from "../../kernels/peak.ts";
import { chromeTrace } from "./chrome_trace.ts";
import type { TraceEvent } from "./event_list.ts";
import type { ProfileParts } from "./profile_parts.ts";
import type { KernelProfile, PartProfile, ProfileTotals } from "./sums.ts";
import { profileTable, type ProfileTableOptions } from "./table.ts";

/** Where the time of a program went; {@linkcode startProfile} makes one. */
export class Profile implements ProfileParts {
  /** The names of the adapters that computed something. */
  readonly adapters: readonly string[];
  /** What the first of them can do at most; null if that was not measured. */
  readonly peak: Peak | null;
  /** Kernels by shape, those that took longest first. Empty if no adapter has `timestamp-query`. */
  readonly kernels: readonly KernelProfile[];
  /** Parts of models, in the order in which they first ran. */
  readonly parts: readonly PartProfile[];
  /** Sums. */
  readonly totals: ProfileTotals;
  /** What is missing, in sentences: kernels without times. */
  readonly notes: readonly string[];
  /** What is missing in the trace besides: events that did not fit. */
  readonly traceNotes: readonly string[];
  readonly #events: readonly TraceEvent[];

  /** Takes what was collected. */
  constructor(
    { adapters, peak, kernels, parts, totals, notes, traceNotes }: ProfileParts,
    events: readonly TraceEvent[],
  ) {
    this.adapters = adapters;
    this.peak = peak;
    this.kernels = kernels;
    this.parts = parts;
    this.totals = totals;
    this.notes = notes;
    this.traceNotes = traceNotes;
    this.#events = events;
  }

  /** Tables for reading: kernels and parts with their shares, then the sums. */
  table(options: ProfileTableOptions = {}): string {
    return profileTable(this, options);
  }

  /** A trace for `chrome://tracing` or https://ui.perfetto.dev: the text of a JSON file. */
  trace(): string {
    return [...this.traceParts()].join("");
  }

  /** The same text in parts, one after the other. */
  traceParts(): Iterable<string> {
    const { adapters, notes, traceNotes } = this;
    return chromeTrace(this.#events, { adapters, notes: [...notes, ...traceNotes] });
  }

  /** The sums, for `JSON.stringify`. */
  toJSON(): ProfileParts {
    const { adapters, peak, kernels, parts, totals, notes, traceNotes } = this;
    return { adapters, peak, kernels, parts, totals, notes, traceNotes };
  }
}
