/** Reads tensors whose elements do not lie row-major in a file: transposed, sliced, repeated. */

import { elementCount } from "../../base/shape.ts";
import { FloatMemory } from "../checkpoint/floats.ts";
import type { FileBytes } from "../folder/file_bytes.ts";
import { itemBytes, type StridedLayout } from "./layout.ts";

/** Bytes that are read at once if the elements between are wanted too, and however few are wanted. */
const MOST = 1 << 22;
const LEAST = 1 << 14;
/** The least part of what is read that must be wanted, if it is more than `LEAST`. */
const DENSITY = 1 / 4;
/** Bytes that take no longer than one more reading. */
const READING = 1 << 12;

/** A dimension of a box: how many indices, and the bytes from one to the next in the file and in the result. */
interface Axis {
  readonly size: number;
  readonly source: number;
  readonly target: number;
}

/** A part of a tensor with some indices of each dimension. */
interface Box {
  /** The byte of the file, and of the result, where its first element is. */
  readonly source: number;
  readonly target: number;
  readonly axes: readonly Axis[];
}

/** What all boxes of a reading have in common. */
interface Reading {
  readonly file: FileBytes;
  readonly into: Uint8Array;
  /** Bytes of an element. */
  readonly item: number;
  /** For the bytes that are read at once. */
  readonly memory: FloatMemory;
}

/** Elements from `begin` to `end`, counted row-major, into memory for just these. */
export function gather(
  file: FileBytes,
  layout: StridedLayout,
  { begin, end, into }: { begin: number; end: number; into: Uint8Array },
): void {
  const item = itemBytes(layout.dtype);
  const reading = { file, into, item, memory: new FloatMemory() };
  for (const box of boxesOf(layout, { begin, end, item })) read(reading, box);
}

/** The boxes that make up a range of elements: at most two for each dimension. */
function* boxesOf(
  { shape, strides, begin: source }: StridedLayout,
  { begin, end, item }: { begin: number; end: number; item: number },
): Generator<Box> {
  const inner = shape.map((_, i) => elementCount(shape.slice(i + 1)));
  for (let at = begin; at < end;) {
    // The outermost dimension of which a whole step begins here and ends before the end.
    const axis = inner.findIndex((count) => at % count === 0 && at + count <= end);
    const count = axis < 0 ? 1 : inner[axis] as number;
    const left = axis < 0 ? 1 : (shape[axis] as number) - Math.floor(at / count) % (shape[axis] as number);
    const steps = Math.min(left, Math.floor((end - at) / count));
    const place = shape.map((size, i) => Math.floor(at / (inner[i] as number)) % size);
    const axes = shape.slice(Math.max(axis, 0)).map((size, i) => ({
      size: i === 0 ? steps : size,
      source: (strides[Math.max(axis, 0) + i] as number) * item,
      target: (inner[Math.max(axis, 0) + i] as number) * item,
    }));
    yield {
      source: source + place.reduce((sum, index, i) => sum + index * (strides[i] as number), 0) * item,
      target: (at - begin) * item,
      // In the order of the file, the largest steps first.
      axes: axes.filter(({ size }) => size > 1).sort((a, b) => b.source - a.source),
    };
    at += steps * count;
  }
}

/** Reads a box at once if little else lies between its elements, or less than many readings cost, or else in halves. */
function read(reading: Reading, box: Box): void {
  const { file, item, memory } = reading;
  const span = box.axes.reduce((sum, axis) => sum + extentOf(axis), item);
  const wanted = box.axes.reduce((product, { size, source }) => source === 0 ? product : product * size, item);
  const isNear = span <= MOST && (wanted >= span * DENSITY || readings(box, item) * READING >= span);
  if (span <= LEAST || isNear) {
    const bytes = file.read(box.source, box.source + span, memory.raw(span));
    scatter(reading, bytes, { ...box, source: 0 });
    return;
  }
  const longest = box.axes.reduce((a, b) => extentOf(b) > extentOf(a) ? b : a);
  const half = Math.ceil(longest.size / 2);
  const part = (begin: number, size: number) =>
    read(reading, {
      source: box.source + begin * longest.source,
      target: box.target + begin * longest.target,
      axes: box.axes.flatMap((axis) => axis !== longest ? [axis] : size === 1 ? [] : [{ ...longest, size }]),
    });
  part(0, half);
  part(half, longest.size - half);
}

/** Bytes of the file from the first of an axis to its last. */
function extentOf({ size, source }: Axis): number {
  return (size - 1) * source;
}

/** How many readings a box takes if it is halved to the end. */
function readings({ axes }: Box, item: number): number {
  let [together, count] = [item, 1];
  for (const axis of axes.toReversed()) {
    if (together + extentOf(axis) <= LEAST) together += extentOf(axis);
    else count *= axis.size;
  }
  return count;
}

/** Copies the elements of a box out of its bytes. */
function scatter(reading: Reading, bytes: Uint8Array, { source, target, axes }: Box): void {
  const { into, item } = reading;
  const [first, ...rest] = axes;
  if (first === undefined) {
    for (let i = 0; i < item; i++) into[target + i] = bytes[source + i] as number;
    return;
  }
  if (rest.length > 0) {
    for (let n = 0; n < first.size; n++) {
      const [from, to] = [source + n * first.source, target + n * first.target];
      scatter(reading, bytes, { source: from, target: to, axes: rest });
    }
    return;
  }
  for (let n = 0, from = source, to = target; n < first.size; n++, from += first.source, to += first.target) {
    for (let i = 0; i < item; i++) into[to + i] = bytes[from + i] as number;
  }
}
