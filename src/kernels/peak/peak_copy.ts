import source from "../../../kernels/peak_copy.wgsl" with { type: "text" };
import { defineKernel } from "../kernel.ts";
import { workgroups } from "./workgroups.ts";

/** A copy of four elements at a time. */
export const peakCopy = defineKernel({
  name: "peak_copy",
  summary: "out = x",
  source,
  bindings: { x: "read", out: "write" },
  ...workgroups,
});
