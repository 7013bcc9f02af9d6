/** Whether the tensors of a header fit their shapes and fill the file. */

import { DTYPES } from "../../base/dtype.ts";
import { CheckpointError } from "../../base/errors.ts";
import { quote } from "../../base/messages.ts";
import { shapeText } from "../../base/shape.ts";
import type { TensorEntry } from "./file.ts";

const U64_MAX = 2n ** 64n - 1n;

/**
 * Checks that the tensors, taken by their offsets, lie end to end over the whole section of tensor bytes (so that no
 * two overlap, and nothing else hides in the file) and that each has the bytes that its dtype and shape call for.
 *
 * @param tensors The header's entries.
 * @param length Bytes of the section.
 * @param name The file's name, for messages.
 * @throws {CheckpointError} Naming the first tensor that does not fit.
 */
export function checkLayout(tensors: ReadonlyMap<string, TensorEntry>, length: number, name: string): void {
  const inOrder = [...tensors.values()].sort((a, b) => a.begin - b.begin || a.end - b.end);
  let position = 0;
  for (const entry of inOrder) {
    const problem = entryProblem(entry, position);
    if (problem !== undefined) {
      const [key = ""] = [...tensors].find(([, other]) => other === entry) ?? [];
      throw new CheckpointError(`Cannot read tensor ${quote(key)} of ${quote(name)}: ${problem}`);
    }
    position = entry.end;
  }
  if (position !== length) {
    const cure = position > length ? "the file was cut short" : "something was appended to the file";
    throw new CheckpointError(
      `Cannot read ${quote(name)}: the tensors take ${position} bytes after the header, got ${length}: ${cure}`,
    );
  }
}

function entryProblem(entry: TensorEntry, position: number): string | undefined {
  const { dtype, shape, begin, end } = entry;
  if (begin !== position) {
    return `data_offsets must begin at ${position}, where the tensor before it ends, got [${begin}, ${end}]`;
  }
  if (end < begin) return `data_offsets must not end before they begin, got [${begin}, ${end}]`;
  const bits = bitCount(entry);
  if (bits === (end - begin) * 8) return undefined;

  const what = `${dtype} of shape ${shapeText(shape)}`;
  if (bits === Infinity) return `${what} must have less than 2^64 elements and bits`;
  if (bits % 8 !== 0) return `${what} must fill whole bytes, got ${bits} bits`;
  return `${what} must have ${bits / 8} bytes, got ${end - begin}`;
}

/**
 * Bits of all elements, or infinity if they overflow the 64 bits of the reference implementation. A count beyond 2^53
 * may be rounded; no file has that many bytes, so the tensor is refused all the same.
 */
export function bitCount({ dtype, shape }: Pick<TensorEntry, "dtype" | "shape">): number {
  let count: number | bigint = 1;
  for (const dim of shape) {
    count = multiply(count, dim);
    if (count > U64_MAX) return Infinity;
  }
  const bits = multiply(count, DTYPES[dtype].bits);
  return bits > U64_MAX ? Infinity : Number(bits);
}

function multiply(a: number | bigint, b: number): number | bigint {
  const product = Number(a) * b;
  return Number.isSafeInteger(product) ? product : BigInt(a) * BigInt(b);
}
