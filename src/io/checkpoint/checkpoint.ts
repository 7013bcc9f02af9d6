/** A model's weights: the tensors of one file, or of several. */

import { type Dtype, firstNonFinite, isFloatDtype } from "../../base/dtype.ts";
import { CheckpointError } from "../../base/errors.ts";
import { quote } from "../../base/messages.ts";
import { elementCount, placeOf, shapeText } from "../../base/shape.ts";
import { type FloatRange, readFloats } from "./floats.ts";
import type { StoredTensor } from "./stored_tensor.ts";

/** The weights of a model, by the names that its files give them. They stay in the files until asked for. */
export class Checkpoint {
  /** The folder that they are from, for messages. */
  readonly location: string;
  /** The names of the files that hold them. */
  readonly files: readonly string[];
  readonly #tensors: ReadonlyMap<string, StoredTensor>;

  constructor(location: string, tensors: ReadonlyMap<string, StoredTensor>, files: readonly string[] = []) {
    this.location = location;
    this.files = files;
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

  #tensor(name: string): StoredTensor {
    const tensor = this.#tensors.get(name);
    if (tensor === undefined) {
      throw new CheckpointError(`Cannot load weight ${quote(name)}: it is not in ${quote(this.location)}`);
    }
    return tensor;
  }
}
