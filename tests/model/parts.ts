/** Models by the name of their head, and their weights. */

import { HEADS } from "../../src/heads/registry.ts";
import { elementCount } from "../../src/base/shape.ts";
import type { NarrowBertConfig } from "../../src/model/config/config.ts";
import type { Head, ModelParts } from "../../src/model/head.ts";
import { parameterShapes as shapesOf } from "../../src/model/weights/parameter_shapes.ts";
import type { Weights } from "../../src/model/weights/weights.ts";

/** A head, and whether there is a pooler. */
export interface NamedParts {
  head: Head | string;
  pooler: boolean;
}

/** The parts of a model. */
export function partsOf({ head, pooler }: NamedParts): ModelParts {
  return { heads: [typeof head === "string" ? HEADS.find(({ name }) => name === head)! : head], pooler };
}

/** Names and shapes of a model's parameters; those of a head that needs a pooler may be asked for without one. */
export function parameterShapes(
  config: NarrowBertConfig,
  { head, pooler }: NamedParts,
): Map<string, readonly number[]> {
  const shapes = shapesOf(config, partsOf({ head, pooler: true }));
  return new Map([...shapes].filter(([name]) => pooler || !name.startsWith("narrow_bert.pooler.")));
}

/** A copy of all elements of a parameter. */
export function valuesOf({ open, shape }: Weights, name: string): Float32Array {
  return open(name).subarray(0, elementCount(shape(name))).slice();
}
