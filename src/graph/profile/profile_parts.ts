/** What a profile consists of, as plain data. */

import type { Peak } from "../../kernels/peak/peak.ts";
import type { KernelProfile, PartProfile, ProfileTotals } from "./sums.ts";

/** What a profile consists of. */
export interface ProfileParts {
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
}
