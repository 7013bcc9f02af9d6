/** The steps of a call with their pipelines, bind groups and textures: all that encoding needs. */

import type { Dispatch } from "../../gpu/recorder.ts";
import type { WeightTexture } from "../../gpu/textures.ts";
import type { TextureView } from "../../kernels/kernel.ts";
import { type Allocation, sliceOf, textureKey } from "./allocation.ts";
import { bindGroupOf } from "./bind_groups.ts";
import { bytesAt } from "../capacity.ts";
import type { Graph } from "../graph.ts";
import { stagingBytes } from "./outputs.ts";
import type { Residents } from "./residents.ts";
import type { Plan, Step } from "./steps.ts";
import { type PlacedInputs, placeInputs } from "./upload.ts";
import type { Value } from "../value.ts";

/** A matrix that is copied to a texture before a dispatch. */
export interface TextureCopy {
  readonly buffer: GPUBuffer;
  readonly view: TextureView;
  readonly texture: GPUTexture;
  /** Set if the texture holds a weight, which is copied only if the texture is stale. */
  readonly weight: WeightTexture | null;
}

/** One step, ready to be encoded. */
export interface BoundStep {
  readonly step: Step;
  readonly dispatch: Dispatch;
  readonly copies: readonly TextureCopy[];
  /** Buffers of others that the step updates: weights and residents. */
  readonly changes: readonly GPUBuffer[];
}

/** All steps of a call, and what they were bound to. */
export interface BoundSteps {
  readonly plan: Plan;
  readonly generation: number;
  /** A copy that no caller can change. */
  readonly residents: Residents;
  readonly allocation: Allocation;
  readonly steps: readonly BoundStep[];
  readonly inputs: PlacedInputs;
  /** Bytes of the outputs at the allocation's capacity. A staging buffer of that size serves all calls that fit. */
  readonly outputBytes: number;
}

/** Looks up all that the steps of a call use. */
export function bindSteps(
  graph: Graph,
  allocation: Allocation,
  { plan, residents, generation, pipelineOf }: {
    plan: Plan;
    residents: Residents;
    generation: number;
    pipelineOf(step: Step): GPUComputePipeline;
  },
): BoundSteps {
  const steps = plan.steps.map((step): BoundStep => {
    const { node, grid } = step;
    const bindGroup = bindGroupOf(allocation, step, residents) as GPUBindGroup;
    return {
      step,
      dispatch: { label: node.label, pipeline: pipelineOf(step), bindGroup, grid },
      copies: (step.views ?? []).map(([name, view]) => copyOf(allocation, step, { name, view, residents })),
      changes: node.updates
        .filter(({ storage }) => storage.kind !== "planned")
        .map((value) => sliceOf(allocation, value, residents).buffer),
    };
  });
  const outputBytes = [...graph.outputs.values()]
    .reduce((sum, value) => sum + stagingBytes(bytesAt(value, allocation.capacity)), 0);
  const inputs = placeInputs(graph, allocation.layout, plan.scalars);
  return { plan, generation, residents, allocation, steps, inputs, outputBytes };
}

function copyOf(
  allocation: Allocation,
  { node, index }: Step,
  { name, view, residents }: { name: string; view: TextureView; residents: Residents },
): TextureCopy {
  const { buffer, offset } = sliceOf(allocation, node.bindings[name] as Value, residents);
  const weight = allocation.weights[index]?.[name] ?? null;
  const texture = weight?.texture ?? allocation.textures.get(textureKey(name, view)) as GPUTexture;
  return { buffer, view: { ...view, offset: view.offset + offset / 4 }, texture, weight };
}
