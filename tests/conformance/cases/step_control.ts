/** Conformance cases of `step_control`. */

import { LEAST_LOG, type stepControl as kernel } from "../../../src/kernels/training/optimizer/step_control.ts";
import type { Cases } from "../conformance.ts";
import { random } from "../data.ts";
import { expectedControl } from "../optimizer_bounds.ts";

const LANES = 128;

/** Before the step: of the first row nothing may be read. */
const stateOf = (t: number) => Float32Array.of(NaN, 5, 5, 0, t, 0.25, 0.125, 0);

export function* cases(): Cases<typeof kernel> {
  const next = random(41);
  const caseOf = (
    name: string,
    { partials = Float32Array.of(9, 16), loss = 1.5, t = 0, max_norm = 0, betas = [0.9, 0.999], apply = 1 }: {
      partials?: Float32Array<ArrayBuffer>;
      loss?: number;
      t?: number;
      max_norm?: number;
      betas?: [number, number];
      apply?: number;
    },
  ) => {
    const [log_beta1, log_beta2] = betas.map((beta) => Math.max(LEAST_LOG, Math.log(beta))) as [number, number];
    const params = { count: partials.length, apply, max_norm, log_beta1, log_beta2 };
    const [state, losses] = [stateOf(t), Float32Array.of(loss)];
    return {
      name,
      params,
      buffers: { partials, loss: losses, state },
      expected: { state: expectedControl(params, { partials, loss: losses, state, lanes: LANES }) },
    };
  };
  const squares = (count: number, scale = 1) => Float32Array.from({ length: count }, () => scale * next() ** 2);
  for (const count of [0, 1, 3, 127, 128, 129, 13_000]) {
    for (const max_norm of [0, 1, 1e4]) {
      yield caseOf(`${count} partials, clipped to ${max_norm}`, { partials: squares(count), max_norm });
    }
  }
  for (const scale of [1e-30, 1e30]) {
    yield caseOf(`partials up to ${scale}`, { partials: squares(500, scale), max_norm: 1 });
  }
  for (const t of [0, 1, 9, 500, 15_000, 2 ** 23]) {
    for (const betas of [[0.9, 0.999], [0, 0.95], [0.5, 0.99999]] as [number, number][]) {
      yield caseOf(`step ${t + 1} by ${betas}`, { t, betas });
    }
  }
  for (const loss of [NaN, Infinity, -Infinity]) yield caseOf(`a loss of ${loss}`, { loss, t: 3 });
  for (const partial of [NaN, Infinity, 2 ** 126]) {
    for (const place of [0, 130, 499]) {
      const partials = squares(500);
      partials[place] = partial;
      yield caseOf(`a partial of ${partial} at ${place}`, { partials, t: 3, max_norm: 1 });
    }
  }
  yield caseOf("a sum of partials that is not finite", { partials: new Float32Array(300).fill(2 ** 124), t: 3 });
  for (const t of [0, 3]) yield caseOf(`more gradients to come in step ${t + 1}`, { t, apply: 0, max_norm: 1 });
  yield caseOf("more gradients to come, and a loss of NaN", { loss: NaN, t: 3, apply: 0 });
  yield caseOf("neither finite", { partials: Float32Array.of(1, NaN), loss: NaN });
}
