/** The key and value projections of all narrow layers, which read one context. */

import type { Graph } from "../graph/graph.ts";
import type { Value } from "../graph/value.ts";
import { matmul } from "../graph/ops/products/matmul.ts";
import { columnsOf } from "../graph/shape.ts";
import type { AttentionSlot } from "../kernels/tuning/slots.ts";
import { type AttentionShape, innerWidth, projectionParts } from "./attention_shape.ts";
import type { Parameter, ParameterSet } from "./parameters.ts";

/** A narrow layer's attention, and the path of its parameters. */
interface NarrowLayer {
  readonly path: string;
  readonly shape: AttentionShape;
}

/** Projected keys and values. */
export interface ProjectedContext {
  value: Value;
  /** First key column of the layer; its values follow its keys. */
  offset: number;
  /** The slot whose tuned kernel the layer's attention takes. */
  slot: AttentionSlot;
}

/** The projections of consecutive layers in one matrix. */
interface Joint {
  /** The first layer. */
  readonly first: number;
  /** First key column of each layer, whose values follow its keys; then the number of columns. */
  readonly offsets: readonly number[];
  readonly weight: Parameter;
  readonly bias: Parameter;
}

/**
 * Keys and values of all narrow layers side by side: `[H, sum of 2 A D]`, or several such matrices of consecutive layers
 * if one buffer does not hold them all.
 */
export class ContextProjection {
  /** The matrix of each layer. */
  readonly #joints: readonly Joint[];

  /** Declares `<path>.self.key` and `<path>.self.value` of each layer's path. */
  constructor(parameters: ParameterSet, layers: readonly NarrowLayer[]) {
    const width = layers[0]?.shape.width ?? 0;
    const groups = groupsOf(layers, (group) => parameters.fits([width, columnsOfAll(group)]));
    let first = 0;
    this.#joints = groups.flatMap((group) => {
      const name = groups.length === 1 ? "narrow.key_value" : `narrow.key_value[${first}:${first + group.length}]`;
      const joint = declareJoint(parameters, name, { first, layers: group });
      first += group.length;
      return group.map(() => joint);
    });
  }

  /** How many layers from `first` on, at most `most`, one product projects. */
  together(first: number, most: number): number {
    const joint = this.#joints[first];
    const others = this.#joints.slice(first, first + most).findIndex((other) => other !== joint);
    return others < 0 ? Math.min(most, this.#joints.length - first) : others;
  }

  /** Keys and values `[T, columns of the layers]` of `count` layers from `first` on, which one product projects. */
  apply(g: Graph, context: Value, { first, count }: { first: number; count: number }): Value {
    const { weight, bias, offset } = this.parameters(g, first);
    const { offsets, first: start } = this.#joints[first] as Joint;
    const n = (offsets[first + count - start] as number) - offset;
    return matmul(g, {
      label: `narrow.key_value.${first}`,
      a: { value: context },
      b: { value: weight, offset },
      m: context.shape.slice(0, -1),
      n,
      k: columnsOf(context.shape),
      out: { shape: [...context.shape.slice(0, -1), n] },
      bias: { value: bias, offset },
    });
  }

  /** A narrow layer's part of the keys and values that {@linkcode apply} returned for the layers from `first` on. */
  ofLayer(value: Value, { layer, first }: { layer: number; first: number }): ProjectedContext {
    return { value, offset: this.#offset(layer) - this.#offset(first), slot: "attention_projected" };
  }

  /** The weight and bias that a layer's projections are in, and the first key column of the layer. */
  parameters(g: Graph, layer: number): { weight: Value; bias: Value; offset: number } {
    const { weight, bias } = this.#joints[layer] as Joint;
    return { weight: g.parameter(weight), bias: g.parameter(bias), offset: this.#offset(layer) };
  }

  #offset(layer: number): number {
    const { first, offsets } = this.#joints[layer] as Joint;
    return offsets[layer - first] as number;
  }
}

function declareJoint(
  parameters: ParameterSet,
  name: string,
  { first, layers }: { first: number; layers: readonly NarrowLayer[] },
): Joint {
  const columns = columnsOfAll(layers);
  const offsets = [0];
  const parts = layers.flatMap(({ path, shape }) => {
    const column = offsets.at(-1) as number;
    offsets.push(column + 2 * innerWidth(shape));
    return [
      projectionParts(`${path}.self.key`, shape, { column, columns }),
      projectionParts(`${path}.self.value`, shape, { column: column + innerWidth(shape), columns }),
    ];
  });
  const width = layers[0]?.shape.width ?? 0;
  return {
    first,
    offsets,
    weight: parameters.weight(`${name}.weight`, [width, columns], parts.map(({ weight }) => weight)),
    bias: parameters.declare(`${name}.bias`, [1, columns], parts.map(({ bias }) => bias)),
  };
}

function columnsOfAll(layers: readonly NarrowLayer[]): number {
  return layers.reduce((sum, { shape }) => sum + 2 * innerWidth(shape), 0);
}

/** Consecutive layers in as few groups as fit, of as equal numbers as may be; a layer that does not fit is its own. */
function groupsOf<T>(layers: readonly T[], fits: (group: readonly T[]) => boolean): T[][] {
  for (let count = 1;; count++) {
    const size = Math.max(1, Math.ceil(layers.length / count));
    const groups: T[][] = [];
    for (let at = 0; at < layers.length; at += size) groups.push(layers.slice(at, at + size));
    if (size === 1 || groups.every(fits)) return groups;
  }
}
