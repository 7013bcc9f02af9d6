import source from "../../../kernels/peak_multiply_adds.wgsl" with { type: "text" };
import { defineKernel } from "../kernel.ts";
import { workgroups } from "./workgroups.ts";

/** Chains of dependent multiply-adds of an invocation, four wide: enough to hide the latency of one. */
const CHAINS = 8;
const ROUNDS = 256;

/** Floating-point operations of an invocation. */
export const FLOP_PER_INVOCATION = ROUNDS * CHAINS * 4 * 2;

/** Multiply-adds without memory. */
export const peakMultiplyAdds = defineKernel({
  name: "peak_multiply_adds",
  summary: "dependent multiply-adds in registers",
  source,
  bindings: { out: "write" },
  ...workgroups,
});
