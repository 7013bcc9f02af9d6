/** What each node of a graph does in a call, as far as the call's scalars say: no GPU is needed to know it. */

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
  /** The node's number in its graph, and of its variants the one that runs. */
  readonly index: number;
  readonly pick: number;
  readonly kernel: Kernel;
  readonly constants: Constants;
  readonly params: Params;
  readonly grid: Grid;
  /** Whether there is nothing to do. */
  readonly isEmpty: boolean;
  /** Null if the variant reads buffers alone. */
  readonly views: Views | null;
  /** Estimated cost, by which calls are cut and waited for. */
  readonly cost: number;
}

/** All that follows from a call's scalars: kept for the calls that have the same. */
export interface Plan {
  readonly scalars: Scalars;
  readonly steps: readonly Step[];
  /** Where the outputs lie in a staging buffer. */
  readonly outputs: Places;
}

/**
 * Works out what a call does.
 *
 * @throws {RangeError} If a grid exceeds the limits that every device has.
 */
export function planCall(graph: Graph, given: Scalars): Plan {
  const scalars = { ...given };
  return { scalars, steps: planSteps(graph, scalars), outputs: placeValues(graph.outputs, scalars) };
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

function viewsOf(textures: Partial<Record<string, TextureView>>): Views {
  return Object.entries(textures) as [string, TextureView][];
}

/** A field that is no number would become 0 on the GPU without a word. */
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
