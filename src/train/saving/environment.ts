/** What a training runs on. On another adapter, or by other kernels, the same steps give other last bits. */

import manifest from "../../../deno.json" with { type: "json" };
import { deno } from "../../base/runtime.ts";
import type { AdapterDescription } from "../../gpu/adapter.ts";
import type { Gpu } from "../../gpu/device.ts";
import { pipelineKey } from "../../gpu/pipelines.ts";
import { SLOTS } from "../../kernels/tuning/slots.ts";
import { tuningOf } from "../../kernels/tuning/tuning.ts";

/** What decides the bits of a step, but for the step itself. */
export interface Environment {
  /** Version of this library. */
  readonly library: string;
  /** Version of the runtime, which brings its WebGPU; empty if it does not tell. */
  readonly runtime: string;
  readonly adapter: AdapterDescription;
  /** The variant that runs in each slot of the tuning. */
  readonly kernels: Readonly<Record<string, string>>;
}

/** What runs on a device now. */
export function environmentOf(gpu: Gpu): Environment {
  const version = deno()?.version.deno;
  const tuning = tuningOf(gpu);
  return {
    library: manifest.version,
    runtime: version === undefined ? "" : `deno ${version}`,
    adapter: gpu.adapter,
    kernels: Object.fromEntries(SLOTS.map((slot) => {
      const { kernel, constants } = tuning[slot];
      return [slot, pipelineKey(kernel.name, constants)];
    })),
  };
}

/** What differs between two environments, in words; nothing if the same steps give the same bits. */
export function environmentDifferences(before: Environment, now: Environment): string[] {
  const differences: string[] = [];
  const compare = (what: string, then: string, here: string) => {
    if (then !== here) differences.push(`${what} was ${then || "unknown"} and is ${here || "unknown"}`);
  };
  compare("the library", before.library, now.library);
  compare("the runtime", before.runtime, now.runtime);
  compare("the adapter", adapterText(before.adapter), adapterText(now.adapter));
  for (const slot of new Set([...Object.keys(before.kernels), ...Object.keys(now.kernels)])) {
    compare(`the kernel of ${slot}`, before.kernels[slot] ?? "", now.kernels[slot] ?? "");
  }
  return differences;
}

function adapterText({ vendor, architecture, device, description }: AdapterDescription): string {
  return [vendor, architecture, device, description].filter((word) => word !== "").join(" ");
}
