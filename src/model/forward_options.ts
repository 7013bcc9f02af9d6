/** Options of a call, and results that all classes return on request. */

import type { Tensor } from "../base/tensor.ts";
import type { Profiler } from "../gpu/profiling/profiler.ts";

/** Options of every call. */
export interface ForwardOptions {
  /** Return every layer's state. @default false */
  output_hidden_states?: boolean;
  /** Return every layer's attention probabilities. @default false */
  output_attentions?: boolean;
  /**
   * The form of narrow attention: keys and values of the context `projected` once for all rows, or the projections
   * `absorbed` into the rows. Both give the same numbers up to rounding; `auto` takes the cheaper one.
   *
   * @default "auto"
   */
  narrow?: "auto" | "absorbed" | "projected";
  /** Stops the call, which then rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
  /** Return every kernel's result by its path, as it lies on the GPU: for finding a wrong number. @default false */
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

/** Results that all classes return on request; float32 unless it says otherwise. */
export interface CommonOutputs {
  /** Embedding output, then each layer: `[B, L, H]` for full layers, `[B, rows, H]` for narrow ones. */
  hidden_states?: Tensor<"float32">[];
  /** Full layers `[B, A, L, L]`, narrow layers `[B, A, rows, L]`. */
  attentions?: Tensor<"float32">[];
  /** The position of each narrow row, int32 `[B, rows]`, -1 for padding; not in the ordinary mode. */
  narrow_positions?: Tensor<"int32">;
  /** Every kernel's result by its path; only with `recordValues`. */
  recorded?: Map<string, Tensor>;
}
