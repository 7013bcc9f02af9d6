/** A cache of the bind groups of steps, by the resident buffers in them. */

import type { Gpu } from "../../gpu/device.ts";
import { type Allocation, sliceOf, textureKey } from "./allocation.ts";
import { numberOf, type Residents } from "./residents.ts";
import type { Step } from "./steps.ts";
import type { Value } from "../value.ts";

/** The bind group layout of a step's variant. */
export type LayoutOf = (step: Step) => GPUBindGroupLayout;

/** Bind groups kept for each node and kind. The oldest is dropped first, since its buffers may be destroyed. */
const KEPT = 8;

/** The cached bind group of a step, if there is one. */
export function bindGroupOf(allocation: Allocation, step: Step, residents: Residents): GPUBindGroup | undefined {
  return groupsOf(allocation, step).get(keyOf(step, residents));
}

/** Makes the bind group of a step. @throws {Error} If it would bind one buffer both to be read and to be written. */
export function makeBindGroup(
  gpu: Gpu,
  allocation: Allocation,
  { step, residents, layout }: { step: Step; residents: Residents; layout: GPUBindGroupLayout },
): void {
  const { node, index, kernel, views } = step;
  const { upload, layout: uploads, textures, weights } = allocation;
  checkBuffers(allocation, step, residents);
  const offset = uploads.paramOffsets[index] as number;
  const uniform = { binding: 0, resource: { buffer: upload, offset, size: Math.max(16, kernel.paramBytes) } };
  const resourceOf = (name: string): GPUBindingResource => {
    const view = views?.find(([binding]) => binding === name)?.[1];
    if (view === undefined) return { ...sliceOf(allocation, node.bindings[name] as Value, residents) };
    const texture = weights[index]?.[name]?.texture ?? textures.get(textureKey(name, view)) as GPUTexture;
    return texture.createView();
  };
  const others = kernel.bindingNames.map((name, b) => ({ binding: b + 1, resource: resourceOf(name) }));
  const group = gpu.createBindGroup({ label: node.label, layout, entries: [uniform, ...others] });
  const groups = groupsOf(allocation, step);
  groups.set(keyOf(step, residents), group);
  const [oldest] = groups.keys();
  if (groups.size > KEPT && oldest !== undefined) groups.delete(oldest);
}

function groupsOf({ bindGroups }: Allocation, { index, views }: Step): Map<string, GPUBindGroup> {
  const { buffers, textures } = bindGroups[index] as Allocation["bindGroups"][number];
  return views === null ? buffers : textures;
}

/** A key for the resident buffers of a node; empty for the many nodes that have none. */
function keyOf({ node }: Step, residents: Residents): string {
  let key = "";
  for (const name of node.kernel.bindingNames) {
    const { storage } = node.bindings[name] as Value;
    if (storage.kind !== "resident") continue;
    const buffer = residents[storage.name];
    if (buffer !== undefined) key += `${numberOf(buffer)},`;
  }
  return key;
}

/**
 * Refuses a call in which two residents, or a resident and a weight, are one buffer that a dispatch reads and writes.
 */
function checkBuffers(allocation: Allocation, { node, kernel }: Step, residents: Residents): void {
  const bufferOf = (name: string) => sliceOf(allocation, node.bindings[name] as Value, residents).buffer;
  const { bindings, bindingNames } = kernel;
  for (const written of bindingNames.filter((name) => bindings[name] === "write" || bindings[name] === "update")) {
    const other = bindingNames.find((name) => name !== written && bufferOf(name) === bufferOf(written));
    if (other === undefined) continue;
    const [one, two] = [node.bindings[written] as Value, node.bindings[other] as Value];
    throw new Error(
      `Cannot run ${node.label}: it reads "${two.path}" and writes "${one.path}", which must be two buffers, got one`,
    );
  }
}
