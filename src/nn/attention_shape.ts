/** Sizes of a layer's attention, the places of its projections, and the parts that both kinds of attention share. */

import type { Graph } from "../graph/graph.ts";
import type { Value } from "../graph/value.ts";
import type { AttentionTables, ProbabilityStorage, RelativePositions } from "../graph/ops/attention/attention.ts";
import { pitch } from "../kernels/kernel.ts";
import { LayerNorm } from "./layer_norm.ts";
import type { Parameter, ParameterSet } from "./parameters.ts";
import type { Group, Placement } from "./layout/placement.ts";

/** Sizes of one layer's attention. */
export interface AttentionShape {
  /** H. */
  width: number;
  /** Heads that the layer still has. */
  heads: number;
  /** D, as in the checkpoint. */
  headSize: number;
  /** How attention knows positions; `max` positions make a table of `2 max - 1` distances. */
  positions: { type: "absolute" | "relative_key" | "relative_key_query"; max: number };
  /** Added to the variance in the LayerNorm. */
  eps: number;
}

/** The head size on the GPU: a multiple of 4. */
export function paddedHeadSize({ headSize }: AttentionShape): number {
  return pitch(headSize);
}

/** The width of all heads side by side on the GPU. */
export function innerWidth(shape: AttentionShape): number {
  return shape.heads * paddedHeadSize(shape);
}

function headGroup(shape: AttentionShape): Group {
  return { size: shape.headSize, padded: paddedHeadSize(shape) };
}

/** The parts of a projection `[A D, H]`, placed at `column` of a matrix `[H, columns]` and of its bias. */
export function projectionParts(
  path: string,
  shape: AttentionShape,
  { column, columns }: { column: number; columns: number },
): { weight: Placement; bias: Placement } {
  const outputs = shape.heads * shape.headSize;
  const group = headGroup(shape);
  return {
    weight: {
      name: `${path}.weight`,
      shape: [outputs, shape.width],
      offset: column,
      rowStride: 1,
      rowGroup: group,
      columnStride: pitch(columns),
    },
    bias: {
      name: `${path}.bias`,
      shape: [outputs],
      offset: column,
      rowStride: 0,
      columnStride: 1,
      columnGroup: group,
    },
  };
}

/** The output projection from padded heads to H, with residual and LayerNorm. */
export class AttentionOutput {
  readonly weight: Parameter;
  readonly bias: Parameter;
  readonly norm: LayerNorm;

  /** Declares `<path>.dense` and `<path>.LayerNorm`. */
  constructor(parameters: ParameterSet, path: string, shape: AttentionShape) {
    const { width, heads, headSize, eps } = shape;
    this.weight = parameters.weight(`${path}.dense.weight`, [innerWidth(shape), width], [{
      name: `${path}.dense.weight`,
      shape: [width, heads * headSize],
      offset: 0,
      rowStride: 1,
      columnStride: pitch(width),
      columnGroup: headGroup(shape),
    }]);
    this.bias = parameters.vector(`${path}.dense.bias`, width);
    this.norm = new LayerNorm(parameters, `${path}.LayerNorm`, { width, eps });
  }
}

/** A layer's table of distance embeddings, if positions are relative. */
export class Distances {
  readonly #table: Parameter;
  readonly #center: number;
  readonly #withKeys: boolean;

  private constructor(table: Parameter, center: number, withKeys: boolean) {
    this.#table = table;
    this.#center = center;
    this.#withKeys = withKeys;
  }

  /** Declares `<path>.distance_embedding.weight`; null if positions are absolute. */
  static declare(parameters: ParameterSet, path: string, { positions, headSize }: AttentionShape): Distances | null {
    const { type, max } = positions;
    if (type === "absolute") return null;
    const table = parameters.table(`${path}.distance_embedding.weight`, 2 * max - 1, headSize);
    return new Distances(table, max - 1, type === "relative_key_query");
  }

  /** The table as attention ops take it. */
  apply(g: Graph): RelativePositions {
    return { distance: g.parameter(this.#table), center: this.#center, withKeys: this.#withKeys };
  }
}

/** Options of a layer's attention. */
export interface AttentionOptions {
  rows: AttentionTables;
  /** `[A]`, multiplied onto each head's probabilities. */
  headScale: Value;
  /** Whether attention probabilities are stored. */
  probabilities: ProbabilityStorage;
}

/** A traced attention: the layer's state, and its probabilities `[rows, heads, keys]` if they are stored. */
export interface AttentionResult {
  state: Value;
  probabilities: Value | null;
}
