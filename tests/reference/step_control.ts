/** The control of a step in float64. */

import { LARGEST } from "./sum_squares.ts";

/** What {@linkcode stepControl} takes. */
export interface StepControlCall {
  partials: ArrayLike<number>;
  loss: number;
  /** Before the step: the second row of the state is `[t, c1, c2, 0]`. */
  state: ArrayLike<number>;
  /** Not 0 if the update does not wait for more gradients. */
  apply: number;
  max_norm: number;
  log_beta1: number;
  log_beta2: number;
}

/** The state after the step: `[loss, norm, clip, ok]` and `[t, 1 - beta1^t, 1 - beta2^t, 0]`. */
export function stepControl(call: StepControlCall): Float64Array<ArrayBuffer> {
  const { loss, state, apply, max_norm, log_beta1, log_beta2 } = call;
  const squares = Array.from(call.partials).reduce((sum, partial) => sum + partial, 0);
  const norm = squares < LARGEST.sum ? Math.sqrt(squares) : Infinity;
  const ok = Number.isFinite(loss) && Number.isFinite(norm) && apply !== 0;
  if (!ok) return Float64Array.of(loss, norm, 0, 0, ...Array.from(state).slice(4, 8));
  const t = (state[4] as number) + 1;
  const clip = max_norm > 0 ? Math.min(1, max_norm / (norm + 1e-6)) : 1;
  const correction = (log: number) => -Math.expm1(t * log);
  return Float64Array.of(loss, norm, clip, 1, t, correction(log_beta1), correction(log_beta2), 0);
}
