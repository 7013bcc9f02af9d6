/** Works of dropout, and of what updates weights: the norm of a gradient, the control of a step, and the updates. */

import { pitch } from "../../src/kernels/kernel.ts";
import type { dropout } from "../../src/kernels/training/dropout.ts";
import type { adamw } from "../../src/kernels/training/optimizer/adamw.ts";
import type { sgd } from "../../src/kernels/training/optimizer/sgd.ts";
import type { stepControl } from "../../src/kernels/training/optimizer/step_control.ts";
import { partialsOf, type sumSquares } from "../../src/kernels/training/optimizer/sum_squares.ts";
import { matrix, random } from "../../tests/conformance/data.ts";
import {
  expectedAdamw,
  expectedControl,
  expectedDropout,
  expectedSgd,
  expectedSquares,
} from "../../tests/conformance/optimizer_bounds.ts";
import { elements, MODEL, type Works } from "./work.ts";

const { rows: ROWS, width: WIDTH } = MODEL;
const SIZE = `${WIDTH} x ${4 * WIDTH}`;
const next = random(8);

/** A weight of a feed-forward layer. */
const weight = (of: () => number) => matrix(WIDTH, 4 * WIDTH, of);

/** All elements of a matrix. */
const whole = ({ length }: Float32Array) => ({ rows: 1, columns: length, at: 0, stride: length });

/** The state of a step that is applied. */
const STATE = Float32Array.of(1, 2, 0.5, 1, 3, 0.271, 0.002997, 0);

export function dropoutWorks(): Works<typeof dropout> {
  const [x, residual] = [matrix(ROWS, WIDTH, next), matrix(ROWS, WIDTH, next)];
  const key = { count: ROWS * pitch(WIDTH), seed: 1, stream: 2 };
  const params = { ...key, threshold: Math.ceil(0.1 * 2 ** 32), scale: 1 / 0.9, residual: 1 };
  return [{
    name: `${ROWS} x ${WIDTH}`,
    params,
    buffers: { x, residual, out: x.byteLength },
    expected: { out: expectedDropout(params, { x, residual }) },
    amount: elements(3 * x.length),
  }];
}

export function sumSquaresWorks(): Works<typeof sumSquares> {
  const x = weight(next);
  const params = { ...whole(x), to: 0 };
  return [{
    name: SIZE,
    params,
    buffers: { x, out: new Float32Array(partialsOf(x.length)) },
    expected: { out: expectedSquares(params, { x, lanes: 64 }) },
    amount: elements(x.length),
  }];
}

export function stepControlWorks(): Works<typeof stepControl> {
  const partials = Float32Array.from({ length: 13_000 }, () => next() ** 2);
  const [loss, state] = [Float32Array.of(2.5), STATE];
  const params = {
    count: partials.length,
    apply: 1,
    max_norm: 1,
    log_beta1: Math.log(0.9),
    log_beta2: Math.log(0.999),
  };
  const expected = expectedControl(params, { partials, loss, state, lanes: 128 });
  // The state is updated in place, so only the record is the same after each run: it does not depend on the step.
  const record = { values: expected.values.slice(0, 4), bound: (expected.bound as Float64Array).slice(0, 4) };
  return [{
    name: `${partials.length} partials`,
    params,
    buffers: { partials, loss, state },
    expected: { state: { ...record, at: Uint32Array.of(0, 1, 2, 3) } },
    amount: elements(partials.length),
  }];
}

export function adamwWorks(): Works<typeof adamw> {
  const [g, p, m, v] = [weight(next), weight(next), weight(next), weight(() => next() ** 2)];
  const params = { ...whole(p), lr: 1e-3, decay: 1e-5, rest1: 0.1, rest2: 0.001, eps: 1e-8 };
  return [{
    name: SIZE,
    params,
    buffers: { g, state: STATE, p, m, v },
    expected: { ...expectedAdamw(params, { g, state: STATE, p, m, v }) },
    amount: elements(7 * p.length),
  }];
}

export function sgdWorks(): Works<typeof sgd> {
  const [g, p, b] = [weight(next), weight(next), weight(next)];
  const params = { ...whole(p), lr: 1e-2, decay: 1e-2, momentum: 0.9 };
  return [{
    name: SIZE,
    params,
    buffers: { g, state: STATE, p, b },
    expected: { ...expectedSgd(params, { g, state: STATE, p, b }) },
    amount: elements(5 * p.length),
  }];
}
