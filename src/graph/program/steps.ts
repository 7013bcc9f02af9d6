/** What each node of a graph does in a call, as it follows from the call's scalars alone, without a GPU. */

import type { Constants, Grid, Kernel, Params, TextureView, Variant } from "../../kernels/kernel.ts";
import { DISPATCH, elementsCost } from "../cost.ts";
import type { Graph } from "../graph.ts";
import { bytesOf, type Scalars } from "../shape.ts";
import { type Node, outputsOf } from "../value.ts";
import { type Places, placeValues } from "./outputs.ts";

/** The matrices that a node reads as textures, by binding. */
export type Views = readonly (readonly [binding: string, view: TextureView])[];

/** One node in a call. */
export interface Step {
  readonly node: Node;
  /** The node's index in its graph, and the index of the variant that runs. */
  readonly index: number;
  readonly pick: number;
  readonly kernel: Kernel;
  readonly constants: Constants;
  readonly params: Params;
  readonly grid: Grid;
  /** Whether there is nothing to do. */
  readonly isEmpty: boolean;
  /** Null if the variant reads no textures. */
  readonly views: Views | null;
  /** Estimated cost, by which calls are cut into submissions, and by which their time is predicted. */
  readonly cost: number;
}

/** All that follows from a call's scalars. Calls with the same scalars reuse it. */
export interface Plan {
  readonly scalars: Scalars;
  readonly steps: readonly Step[];
  /** The first step that updates weights or residents; Infinity if none does. */
  readonly firstUpdate: number;
  /** Where the outputs lie in a staging buffer. */
  readonly outputs: Places;
}

/**
 * Computes what a call does.
 *
 * @throws {RangeError} If a grid exceeds the limits that every device has.
 * @throws {Error} If a param is not a finite number.
 */
export function planCall(graph: Graph, given: Scalars): Plan {
  const scalars = { ...given };
  const steps = planSteps(graph, scalars);
  const first = steps.findIndex(({ node, isEmpty }) => !isEmpty && changesOthers(node));
  const firstUpdate = first < 0 ? Infinity : first;
  return { scalars, steps, firstUpdate, outputs: placeValues(graph.outputs, scalars) };
}

function planSteps({ nodes }: Graph, scalars: Scalars): Step[] {
  return nodes.map((node, index) => {
    const params = node.params(scalars);
    checkParams(node, params);
    const pick = node.pick(params);
    const { kernel, constants } = node.variants[pick] as Variant;
    const grid = kernel.grid(params, constants);
    const views = kernel.textures === null ? null : viewsOf(kernel.textures(params, constants));
    const isEmpty = grid.includes(0);
    return {
      node,
      index,
      pick,
      kernel,
      constants,
      params,
      grid,
      isEmpty,
      views,
      cost: DISPATCH + (isEmpty ? 0 : costOf(node, scalars)),
    };
  });
}

/** Whether a node updates what is there after the call. */
function changesOthers({ updates }: Node): boolean {
  return updates.some(({ storage }) => storage.kind !== "planned");
}

function viewsOf(textures: Partial<Record<string, TextureView>>): Views {
  return Object.entries(textures) as [string, TextureView][];
}

/** Refuses a param that is not a finite number: the GPU would read another number without an error. */
function checkParams({ label }: Node, params: Params): void {
  for (const field in params) {
    if (Number.isFinite(params[field])) continue;
    throw new Error(`Cannot run ${label}: param "${field}" must be a number, got ${params[field]}`);
  }
}

function costOf(node: Node, scalars: Scalars): number {
  if (node.cost !== null) return node.cost(scalars);
  const bytes = outputsOf(node).reduce((sum, { shape, layout }) => sum + bytesOf(shape, layout, scalars), 0);
  return elementsCost(bytes / 4);
}
