/** `narrowbert doctor`: which adapter runs, and what it can do. */

import type { AdapterDescription } from "../../gpu/adapter.ts";
import { ProbeError } from "../../base/errors.ts";
import { type Gpu, requestGpu } from "../../gpu/device.ts";
import { driverOf, type LoadedTuning, loadTuning } from "../../kernels/tuning/remembered.ts";
import { driverName } from "../../kernels/tuning/tuning_file.ts";
import { defineCommand } from "../command.ts";
import { probeDevice } from "../device_probe.ts";
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
Says which WebGPU adapter runs, its limits and features. If there is none it says what to
install, and exits with 1. Then it computes a small model there and in float64 on the CPU: a
driver that computes something else is named, and the exit code is 1. Also says how the kernels
were chosen: by a file of "narrowbert tune", or as shipped for the class. Such a file is for one
driver, which is known by its backend (given --allow-env=DENO_WEBGPU_BACKEND) and by how it
computes. As JSON: { adapter, class, driver, tuning, other_tunings, limits, features, probe };
tuning is a file or null, other_tunings are for other drivers; probe is { dtypes, error }, of
which one is null.`,
  options: { json: flag("print JSON") },
  computes: true,
  examples: ["narrowbert doctor", "narrowbert doctor --json"],
  async run({ values }, terminal) {
    const gpu = await requestGpu();
    const limits = LIMITS.map((name) => [name, gpu.limits[name]] as const);
    const features = [...gpu.features].sort();
    const tuning = await loadTuning(gpu);
    const driver = await driverOf(gpu);
    const probe = await probed(gpu, terminal.signal);
    await terminal.write(
      values.json
        ? json({
          adapter: gpu.adapter,
          class: gpu.adapterClass,
          driver,
          tuning: tuning.file,
          other_tunings: tuning.others,
          limits: Object.fromEntries(limits),
          features,
          probe: { dtypes: probe.dtypes, error: probe.error?.message ?? null },
        })
        : table([
          ["adapter", gpu.name],
          ["class", gpu.adapterClass],
          ["computes on", computer(gpu.adapter)],
          ["driver", driverName(driver)],
          ["tuning", tuningLine(tuning)],
          ...limits.map(([name, value]) => [name, value.toLocaleString("en")]),
          ["features", features.join(" ") || "none"],
          ["computes", probe.error === null ? `right, with weights in ${probe.dtypes.join(" and ")}` : "WRONG"],
        ]),
    );
    if (probe.error !== null) throw probe.error;
  },
});

/** The element types in which an adapter computes right, or how it does not. */
async function probed(gpu: Gpu, signal: AbortSignal) {
  try {
    return { dtypes: await probeDevice(gpu, signal), error: null };
  } catch (error) {
    if (error instanceof ProbeError) return { dtypes: null, error };
    throw error;
  }
}

/** Which kernels run, and which file would be for another driver. */
function tuningLine({ file, others: [other, ...more] }: LoadedTuning): string {
  if (file !== null) return file;
  const shipped = "as shipped for the class";
  if (other === undefined) return shipped;
  const files = more.length === 0 ? `${other} is` : `${other} and ${more.length} more are`;
  return `${shipped}: ${files} for another driver; "narrowbert tune" makes one for this`;
}
