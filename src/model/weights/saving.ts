/** Writes a model's folder. */

import { encodeBfloat16, encodeFloat16 } from "../../base/dtype.ts";
import { describe, quote } from "../../base/messages.ts";
import { checkOptionNames } from "../../base/options.ts";
import { placeOf, shapeText } from "../../base/shape.ts";
import type { Tensor } from "../../base/tensor.ts";
import { saveFiles } from "../../io/folder/on_disk.ts";
import { type NamedTensor, safetensorsParts, type TensorView } from "../../io/safetensors/safetensors.ts";
import { configText, type NarrowBertConfig } from "../config/config.ts";

/** Element types that weights are saved in, with what PyTorch calls them. */
const SAVED_DTYPES: Readonly<Record<SavedDtype, string>> = { F32: "float32", F16: "float16", BF16: "bfloat16" };

/** An element type that weights are saved in. */
export type SavedDtype = "F32" | "F16" | "BF16";

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
  const found = Object.keys(SAVED_DTYPES).find((name) => dtype === name || dtype === name.toLowerCase());
  if (found !== undefined) return found as SavedDtype;
  const names = Object.keys(SAVED_DTYPES).join(", ");
  throw new RangeError(`Cannot save a model: dtype must be one of ${names}, got ${describe(dtype)}`);
}

/**
 * Writes the files of a model, each atomically, into a folder, which is made if it does not exist.
 *
 * @throws {RangeError} If a weight is beyond the range of the type that it is rounded to.
 */
export async function saveModel(where: string | URL, model: SavedModel): Promise<void> {
  await saveFiles(where, modelFiles(model));
}

/** The files of a model, in parts: its weights, then its config. @throws {RangeError} As {@linkcode saveModel}. */
export function modelFiles(
  { config, className, tensors, dtype = "F32" }: SavedModel,
): [name: string, parts: Uint8Array[]][] {
  const entries = [...tensors].map(([name, tensor]): NamedTensor => [name, viewOf(name, tensor, dtype)]);
  const type = SAVED_DTYPES[dtype];
  // Newer versions of transformers read `dtype`, older ones `torch_dtype`.
  const types = { torch_dtype: type, ...("dtype" in config.to_json() && { dtype: type }) };
  const saved = config.with({ architectures: [className], model_type: "narrow_bert", ...types });
  return [
    ["model.safetensors", safetensorsParts(entries, { format: "pt" })],
    ["config.json", [new TextEncoder().encode(configText(saved))]],
  ];
}

function viewOf(name: string, { dims: shape, data }: Tensor, dtype: SavedDtype): TensorView {
  const values = data as Float32Array<ArrayBuffer>;
  if (dtype === "F32") return { dtype, shape, data: values };
  const isF16 = dtype === "F16";
  const rounded = isF16 ? encodeFloat16(values) : encodeBfloat16(values);
  const exponent = isF16 ? 0x7c00 : 0x7f80;
  const bits = new Uint16Array(rounded.buffer, rounded.byteOffset, rounded.length);
  const at = bits.findIndex((word) => (word & exponent) === exponent);
  if (at < 0) return { dtype, shape, data: rounded as TensorView["data"] };
  throw new RangeError(
    `Cannot save weight ${quote(name)} as ${dtype}: element ${
      shapeText(placeOf(at, shape))
    } must be in its range, got ` +
      `${values[at]}; save the model with dtype "F32"`,
  );
}
