/** A model's weights: the tensors of one safetensors file, or of several with an index. */

import { type Dtype, firstNonFinite, isFloatDtype } from "../../base/dtype.ts";
import { CheckpointError } from "../../base/errors.ts";
import { quote } from "../../base/messages.ts";
import { elementCount, placeOf, shapeText } from "../../base/shape.ts";
import { type FloatRange, readFloats } from "./floats.ts";
import type { ModelFolder, ReadOptions } from "../folder/model_folder.ts";
import { openSafetensors, type SafetensorsTensor } from "../safetensors/safetensors.ts";
import { parseShardIndex } from "./shard_index.ts";

const SINGLE_FILE = "model.safetensors";
const INDEX_FILE = "model.safetensors.index.json";
const PICKLE_FILES = ["pytorch_model.bin", "pytorch_model.bin.index.json"];

/** The weights of a model, by the names that its files give them. They stay in the files until asked for. */
export class Checkpoint {
  /** The folder that they are from, for messages. */
  readonly location: string;
  readonly #tensors: ReadonlyMap<string, SafetensorsTensor>;

  constructor(location: string, tensors: ReadonlyMap<string, SafetensorsTensor>) {
    this.location = location;
    this.#tensors = tensors;
  }

  /** All names, in the order of the files. */
  names(): string[] {
    return [...this.#tensors.keys()];
  }

  /** Whether there is a tensor of this name. */
  has(name: string): boolean {
    return this.#tensors.has(name);
  }

  /**
   * The element type and dimensions of a tensor.
   *
   * @throws {CheckpointError} If there is none of this name.
   */
  info(name: string): { dtype: Dtype; shape: readonly number[] } {
    const { dtype, shape } = this.#tensor(name);
    return { dtype, shape };
  }

  /**
   * The elements of a tensor, or a range of them, as 32-bit floats, row-major. For reading only: aligned F32 elements of
   * a file in memory are a view of it.
   *
   * @throws {CheckpointError} If there is no such tensor, it does not hold floats, or an element is not finite.
   */
  float32(name: string, { begin = 0, end, memory }: FloatRange = {}): Float32Array {
    const tensor = this.#tensor(name);
    const { dtype, shape } = tensor;
    const weight = `weight ${quote(name)} of ${quote(this.location)}`;
    if (!isFloatDtype(dtype)) {
      throw new CheckpointError(`Cannot load ${weight}: dtype must be F32, F16, BF16 or F64, got ${dtype}`);
    }
    const last = end ?? elementCount(shape);
    const values = readFloats(tensor, dtype, { begin, end: last, memory });
    const index = firstNonFinite(values);
    if (index >= 0) {
      const place = placeOf(begin + index, shape);
      throw new CheckpointError(
        `Cannot load ${weight}: element ${shapeText(place)} of shape ${shapeText(shape)} must be ` +
          `finite as a 32-bit float, got ${values[index]}`,
      );
    }
    return values;
  }

  #tensor(name: string): SafetensorsTensor {
    const tensor = this.#tensors.get(name);
    if (tensor === undefined) {
      throw new CheckpointError(`Cannot load weight ${quote(name)}: it is not in ${quote(this.location)}`);
    }
    return tensor;
  }
}

/**
 * Opens the weights of a folder: `model.safetensors`, or the files that `model.safetensors.index.json` lists.
 *
 * @throws {CheckpointError} If there are none, or a file is not valid.
 */
export async function openCheckpoint(folder: ModelFolder, options: ReadOptions = {}): Promise<Checkpoint> {
  const { location } = folder;
  if (await folder.has(SINGLE_FILE)) {
    const file = await folder.open(SINGLE_FILE, options);
    return new Checkpoint(location, openSafetensors(file, pathIn(folder, SINGLE_FILE)));
  }
  if (await folder.has(INDEX_FILE)) return new Checkpoint(location, await readShards(folder, options));
  for (const pickle of PICKLE_FILES) {
    if (await folder.has(pickle)) {
      throw new CheckpointError(
        `Cannot load weights from ${
          quote(location)
        }: ${SINGLE_FILE} is needed, found only ${pickle}, a format that is ` +
          "not read; save the model as safetensors",
      );
    }
  }
  throw new CheckpointError(
    `Cannot load weights from ${quote(location)}: ${SINGLE_FILE} or ${INDEX_FILE} is needed, found neither`,
  );
}

async function readShards(folder: ModelFolder, options: ReadOptions): Promise<Map<string, SafetensorsTensor>> {
  const fileOf = parseShardIndex(await folder.read(INDEX_FILE, options), pathIn(folder, INDEX_FILE));
  const tensors = new Map<string, SafetensorsTensor>();
  for (const file of new Set(fileOf.values())) {
    const path = pathIn(folder, file);
    const shard = openSafetensors(await folder.open(file, options), path);
    const fail = (problem: string) => {
      throw new CheckpointError(`Cannot read ${quote(path)}: ${problem}`);
    };
    for (const [name, tensor] of shard) {
      if (tensors.has(name)) fail(`tensor ${quote(name)} must be in one file, and is in another one too`);
      tensors.set(name, tensor);
    }
    const missing = [...fileOf].filter(([name, listed]) => listed === file && !shard.has(name));
    if (missing.length > 0) {
      fail(`${INDEX_FILE} lists tensors that are not in it: ${missing.map(([name]) => quote(name)).join(", ")}`);
    }
  }
  return tensors;
}

/** A file of a folder, for messages. */
function pathIn({ location }: ModelFolder, file: string): string {
  return location.replace(/\/?$/, `/${file}`);
}
