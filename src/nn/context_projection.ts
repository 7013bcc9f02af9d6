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

/** Projections side by side in one matrix. */
interface Joint {
  readonly weight: Parameter;
  readonly bias: Parameter;
  readonly columns: number;
}

/** Where a projection lies: its matrix, and its first column there. */
interface Place {
  readonly joint: Joint;
  readonly offset: number;
}

/** The projections of a layer. */
interface LayerPlaces {
  readonly key: Place;
  readonly value: Place;
}

/** The weight and bias that a projection is in, and its first column. */
export interface PlacedProjection {
  weight: Value;
  bias: Value;
  offset: number;
}

/** Projected keys and values. */
export interface ProjectedContext {
  /** The value in which the keys lie, and their first column. */
  keys: { value: Value; offset: number };
  /** The same of the values. */
  values: { value: Value; offset: number };
  /** The slot whose tuned kernel the layer's attention takes. */
  slot: AttentionSlot;
}

/**
 * Keys and values of all narrow layers side by side: `[H, sum of 2 A D]`, or several such matrices of consecutive layers
 * if one buffer does not hold them all. If it does not even hold those of one layer, they are in a matrix each.
 */
export class ContextProjection {
  readonly #layers: readonly LayerPlaces[];

  /** Declares `<path>.self.key` and `<path>.self.value` of each layer's path. */
  constructor(parameters: ParameterSet, layers: readonly NarrowLayer[]) {
    const fits = (group: readonly NarrowLayer[]) => parameters.fits([group[0]?.shape.width ?? 0, columnsOfAll(group)]);
    const groups = groupsOf(layers, fits);
    let first = 0;
    this.#layers = groups.flatMap((group): LayerPlaces[] => {
      const name = groups.length === 1 ? "narrow.key_value" : `narrow.key_value[${first}:${first + group.length}]`;
      first += group.length;
      const projections = group.flatMap(({ path, shape }) =>
        ["key", "value"].map((kind) => ({ path: `${path}.self.${kind}`, shape }))
      );
      const places = fits(group)
        ? declareJoint(parameters, name, projections)
        : projections.flatMap((one) => declareJoint(parameters, one.path, [one]));
      return group.map((_, i) => ({ key: places[2 * i] as Place, value: places[2 * i + 1] as Place }));
    });
  }

  /** How many layers from `first` on, at most `most`, are projected together. */
  together(first: number, most: number): number {
    const joint = this.#layers[first]?.key.joint;
    const others = this.#layers.slice(first, first + most).findIndex(({ key }) => key.joint !== joint);
    return others < 0 ? Math.min(most, this.#layers.length - first) : others;
  }

  /**
   * Projects keys and values of `count` layers from `first` on, which are {@linkcode together}, by one product, or by two
   * if those of a layer are apart; gives each layer its own.
   */
  project(
    g: Graph,
    context: Value,
    { first, count }: { first: number; count: number },
  ): (layer: number) => ProjectedContext {
    const { key, value } = this.#placesOf(first);
    const slot = "attention_projected";
    if (key.joint !== value.joint) {
      const [keys, values] = [
        product(g, context, key, { label: `narrow.key.${first}`, columns: key.joint.columns }),
        product(g, context, value, { label: `narrow.value.${first}`, columns: value.joint.columns }),
      ];
      return () => ({ keys: { value: keys, offset: 0 }, values: { value: values, offset: 0 }, slot });
    }
    const next = this.#layers[first + count]?.key;
    const end = next?.joint === key.joint ? next.offset : key.joint.columns;
    const all = product(g, context, key, { label: `narrow.key_value.${first}`, columns: end - key.offset });
    const at = ({ offset }: Place) => ({ value: all, offset: offset - key.offset });
    return (layer) => ({ keys: at(this.#placesOf(layer).key), values: at(this.#placesOf(layer).value), slot });
  }

  /** What a layer's projections are in. */
  parameters(g: Graph, layer: number): { key: PlacedProjection; value: PlacedProjection } {
    const { key, value } = this.#placesOf(layer);
    return { key: placed(g, key), value: placed(g, value) };
  }

  #placesOf(layer: number): LayerPlaces {
    return this.#layers[layer] as LayerPlaces;
  }
}

/** A product of the context with so many columns of a matrix, from a projection on. */
function product(
  g: Graph,
  context: Value,
  place: Place,
  { label, columns }: { label: string; columns: number },
): Value {
  const { weight, bias, offset } = placed(g, place);
  const rows = context.shape.slice(0, -1);
  return matmul(g, {
    label,
    a: { value: context },
    b: { value: weight, offset },
    m: rows,
    n: columns,
    k: columnsOf(context.shape),
    out: { shape: [...rows, columns] },
    bias: { value: bias, offset },
  });
}

function placed(g: Graph, { joint: { weight, bias }, offset }: Place): PlacedProjection {
  return { weight: g.parameter(weight), bias: g.parameter(bias), offset };
}

/** Declares projections side by side in one matrix, and gives the place of each. */
function declareJoint(parameters: ParameterSet, name: string, projections: readonly NarrowLayer[]): Place[] {
  const columns = projections.reduce((sum, { shape }) => sum + innerWidth(shape), 0);
  let column = 0;
  const offsets: number[] = [];
  const parts = projections.map(({ path, shape }) => {
    offsets.push(column);
    const part = projectionParts(path, shape, { column, columns });
    column += innerWidth(shape);
    return part;
  });
  const width = projections[0]?.shape.width ?? 0;
  const joint = {
    columns,
    weight: parameters.weight(`${name}.weight`, [width, columns], parts.map(({ weight }) => weight)),
    bias: parameters.declare(`${name}.bias`, [1, columns], parts.map(({ bias }) => bias)),
  };
  return offsets.map((offset) => ({ joint, offset }));
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
