/** Options of a call, and results that all classes return on request. */

import type { Tensor } from "../base/tensor.ts";
import type { Profiler } from "../gpu/profiler.ts";
import type { NarrowForm } from "../nn/narrow_attention.ts";

/** Options of every call. */
export interface ForwardOptions {
  /** Return every layer's state. */
  output_hidden_states?: boolean;
  /** Return every layer's attention probabilities. */
  output_attentions?: boolean;
  /** The form of narrow attention; `auto` takes the cheaper one. Both give the same numbers up to rounding. */
  narrow?: "auto" | NarrowForm;
  /** Stops the call. */
  signal?: AbortSignal | undefined;
  /** Return every kernel's result by its path, as it lies on the GPU: for finding a wrong number. */
  recordValues?: boolean;
  /** Collects the time of every kernel. */
  profiler?: Profiler;
}

/** Names of the {@linkcode ForwardOptions}. */
export const FORWARD_OPTIONS = [
  "output_hidden_states",
  "output_attentions",
  "narrow",
  "signal",
  "recordValues",
  "profiler",
];

/** Results that all classes return on request. */
export interface CommonOutputs {
  /** Embedding output, then each layer: `[B, L, H]` for full layers, `[B, rows, H]` for narrow ones. */
  hidden_states?: Tensor[];
  /** Full layers `[B, A, L, L]`, narrow layers `[B, A, rows, L]`. */
  attentions?: Tensor[];
  /** The position of each narrow row, int32 `[B, rows]`, -1 for padding; not in the ordinary mode. */
  narrow_positions?: Tensor;
  /** With `recordValues`: every kernel's result by its path. */
  recorded?: Map<string, Tensor>;
}
