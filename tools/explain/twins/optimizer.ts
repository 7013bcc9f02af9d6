/** The twins of dropout, and of what updates weights. */

import type { Params } from "../../../src/kernels/kernel.ts";
import {
  expectedAdamw,
  expectedControl,
  expectedDropout,
  expectedSgd,
  expectedSquares,
} from "../../../tests/conformance/optimizer_bounds.ts";
import { floats, param, type Twin, type TwinCall } from "./twin.ts";

function paramsOf<const F extends string>(call: TwinCall, ...names: F[]): Params<F> {
  return Object.fromEntries(names.map((name) => [name, param(call, name)])) as Params<F>;
}

/** `out = x * scale` where the mask says so, else 0, plus the residual. */
export const dropoutTwin: Twin = (call) => {
  const params = paramsOf(call, "count", "seed", "stream", "threshold", "scale", "residual");
  const x = floats(call, "x").subarray(0, params.count);
  return { out: expectedDropout(params, { x, residual: floats(call, "residual") }) };
};

/** Names of the params by which kernels find some columns of a matrix. */
const COLUMNS = ["rows", "columns", "at", "stride"] as const;

/** `out[to + w]` = the sum of the squares of workgroup w's part. */
export const sumSquaresTwin: Twin = (call) => {
  const lanes = call.constants.LANES as number;
  return { out: expectedSquares(paramsOf(call, ...COLUMNS, "to"), { x: floats(call, "x"), lanes }) };
};

/** The record of a step, and the factors of its updates. */
export const stepControlTwin: Twin = (call) => {
  const params = paramsOf(call, "count", "apply", "max_norm", "log_beta1", "log_beta2");
  const [partials, loss, state] = [floats(call, "partials"), floats(call, "loss"), floats(call, "state")];
  return { state: expectedControl(params, { partials, loss, state, lanes: call.constants.LANES as number }) };
};

/** A step of AdamW. */
export const adamwTwin: Twin = (call) => {
  const params = paramsOf(call, ...COLUMNS, "lr", "decay", "rest1", "rest2", "eps");
  const [g, state] = [floats(call, "g"), floats(call, "state")];
  return { ...expectedAdamw(params, { g, state, p: floats(call, "p"), m: floats(call, "m"), v: floats(call, "v") }) };
};

/** A step of gradient descent with momentum. */
export const sgdTwin: Twin = (call) => {
  const params = paramsOf(call, ...COLUMNS, "lr", "decay", "momentum");
  const [g, state] = [floats(call, "g"), floats(call, "state")];
  return { ...expectedSgd(params, { g, state, p: floats(call, "p"), b: floats(call, "b") }) };
};
