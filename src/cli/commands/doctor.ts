/** `narrowbert doctor`: which adapter runs, and what it can do. */

import type { AdapterDescription } from "../../gpu/adapter.ts";
import { requestGpu } from "../../gpu/device.ts";
import { loadTuning, tuningPath } from "../../kernels/tuning/tuning_file.ts";
import { isTuned } from "../../kernels/tuning/tuning.ts";
import { defineCommand } from "../command.ts";
import { flag } from "../options.ts";
import { json, table } from "../outputs/table.ts";

/** Limits that decide which models fit and which kernels run. */
const LIMITS = [
  "maxBufferSize",
  "maxStorageBufferBindingSize",
  "maxStorageBuffersPerShaderStage",
  "maxComputeWorkgroupStorageSize",
  "maxComputeInvocationsPerWorkgroup",
  "maxComputeWorkgroupSizeX",
  "maxComputeWorkgroupsPerDimension",
] as const;

/** Where an adapter computes, as it says itself. */
function computer({ isFallbackAdapter }: AdapterDescription): string {
  if (isFallbackAdapter === undefined) return "a GPU or the CPU: the runtime does not say";
  return isFallbackAdapter ? "the CPU: a fallback adapter" : "a GPU";
}

/** The command. */
export const doctor = defineCommand({
  name: "doctor",
  about: `\
Says which WebGPU adapter runs, its limits and features. If there is none it says what to install,
and exits with 1. Also says how the kernels were chosen: by a file of "narrowbert tune", or as
shipped for the class. As JSON: { adapter, class, tuning, limits, features }; tuning is a file or null.`,
  options: { json: flag("print JSON") },
  examples: ["narrowbert doctor", "narrowbert doctor --json"],
  async run({ values }, terminal) {
    const gpu = await requestGpu();
    const limits = LIMITS.map((name) => [name, gpu.limits[name]] as const);
    const features = [...gpu.features].sort();
    await loadTuning(gpu);
    const tuning = isTuned(gpu) ? tuningPath(gpu.adapter) : null;
    await terminal.write(
      values.json
        ? json({ adapter: gpu.adapter, class: gpu.adapterClass, tuning, limits: Object.fromEntries(limits), features })
        : table([
          ["adapter", gpu.name],
          ["class", gpu.adapterClass],
          ["computes on", computer(gpu.adapter)],
          ["tuning", tuning ?? "as shipped for the class"],
          ...limits.map(([name, value]) => [name, value.toLocaleString("en")]),
          ["features", features.join(" ") || "none"],
        ]),
    );
  },
});
