/** `narrowbert doctor`: which adapter runs, and what it can do. */

import { requestGpu } from "../../gpu/device.ts";
import { type Command, COMMON_HELP, parseCommandLine, UsageError } from "../command.ts";
import { json, table } from "../table.ts";

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

/** The command. */
export const doctor: Command = {
  name: "doctor",
  summary: "say which GPU adapter runs, or what to install",
  help: `\
Usage: narrowbert doctor [options]

Says which WebGPU adapter runs, its limits and features. Where there is none it says
what to install, and exits with 1.

Options:
  --json             print { adapter, class, limits, features }
${COMMON_HELP}

Examples:
  narrowbert doctor
  narrowbert doctor --json
`,
  async run(args, terminal) {
    const { values, positionals } = parseCommandLine(args, { json: { type: "boolean", default: false } });
    if (positionals.length > 0) throw new UsageError(`doctor takes no arguments, got "${positionals[0]}"`);
    const gpu = await requestGpu();
    const limits = LIMITS.map((name) => [name, gpu.limits[name]] as const);
    const features = [...gpu.features].sort();
    await terminal.write(
      values.json
        ? json({ adapter: gpu.adapter, class: gpu.adapterClass, limits: Object.fromEntries(limits), features })
        : table([
          ["adapter", gpu.name],
          ["class", gpu.adapterClass],
          ...limits.map(([name, value]) => [name, value.toLocaleString("en")]),
          ["features", features.join(" ") || "none"],
        ]),
    );
  },
};
