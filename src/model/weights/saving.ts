/** Writes a model's folder. */

import { checkOptionNames } from "../../base/options.ts";
import type { Tensor } from "../../base/tensor.ts";
import { type NamedTensor, safetensorsParts, type TensorView } from "../../io/safetensors/safetensors.ts";
import type { NarrowBertConfig } from "../config/config.ts";
import { type SavedDtype, savedDtypeNamed, savedElements } from "./saved_dtype.ts";
import { layoutOf, savedConfigText, type SavedLayout, savedNames } from "./saved_layout.ts";

/** Options of `save_pretrained`. */
export interface SaveOptions {
  /**
   * Element type of the weights in the file. `F16` and `BF16` halve it, and round them. Small letters, as
   * `from_pretrained` has them, mean the same. @default "F32"
   */
  dtype?: SavedDtype | Lowercase<SavedDtype>;
}

/** A model that is to be saved. */
export interface SavedModel {
  /** Element type of its weights in the file. @default "F32" */
  dtype?: SavedDtype;
  /** How its weights are named. @default that of {@linkcode layoutOf} */
  layout?: SavedLayout;
  config: NarrowBertConfig;
  /** Name of the class that the model is of. */
  className: string;
  /** Its weights by checkpoint name. */
  tensors: ReadonlyMap<string, Tensor>;
}

/** The element type that options ask for. @throws {TypeError | RangeError} If there is no such option, or no such type. */
export function savedDtypeOf(options: SaveOptions): SavedDtype {
  checkOptionNames("save a model", options, ["dtype"]);
  const { dtype = "F32" } = options;
  return savedDtypeNamed(dtype);
}

/** A file of a model, in parts. */
export type ModelFile = [name: string, parts: Uint8Array[]];

/**
 * The files of a model: its weights, then its config.
 *
 * @throws {RangeError} If a weight is beyond the range of the type that it is rounded to.
 */
export function modelFiles(
  { config, className, tensors, dtype = "F32", layout = layoutOf(config) }: SavedModel,
): ModelFile[] {
  const entries = [...tensors].flatMap(([name, { dims: shape, data }]): NamedTensor[] => {
    const elements = { name, shape, begin: 0, values: data as Float32Array<ArrayBuffer> };
    const saved = savedElements(elements, dtype) as TensorView["data"];
    return savedNames(name, layout, config).map((own) => [own, { dtype, shape, data: saved }]);
  });
  return [
    ["model.safetensors", safetensorsParts(entries, { format: "pt" })],
    ["config.json", [new TextEncoder().encode(savedConfigText(config, { className, dtype, layout }))]],
  ];
}
