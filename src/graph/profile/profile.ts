/** A finished profile: sums for programs, a table for people, a trace for a viewer. */

import { chromeTrace } from "./chrome_trace.ts";
import type { TraceEvent } from "./event_list.ts";
import type { ProfileParts } from "./profile_parts.ts";
import { profileTable, type ProfileTableOptions } from "./table.ts";

/** Where the time of a program went; {@linkcode startProfile} makes one. */
export interface Profile extends ProfileParts {
  /** Tables for reading: kernels and parts with their shares, then the sums. */
  table(options?: ProfileTableOptions): string;
  /** A trace for `chrome://tracing` or https://ui.perfetto.dev: the text of a JSON file. */
  trace(): string;
  /** The same text in parts, one after the other. */
  traceParts(): Iterable<string>;
  /** The sums, for `JSON.stringify`. */
  toJSON(): ProfileParts;
}

/** The profile of what was collected. */
export function profileOf(parts: ProfileParts, events: readonly TraceEvent[]): Profile {
  const { adapters, notes, traceNotes } = parts;
  const traceParts = () => chromeTrace(events, { adapters, notes: [...notes, ...traceNotes] });
  return {
    ...parts,
    table: (options = {}) => profileTable(parts, options),
    trace: () => [...traceParts()].join(""),
    traceParts,
    toJSON: () => parts,
  };
}
