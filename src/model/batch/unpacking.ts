/**
 * Lays packed results out again as the caller's padded batch: `[B, L, …]` or `[B, rows, …]`, zeros for tokens not
 * computed.
 */

import { elementCount } from "../../base/shape.ts";
import { Tensor, type TensorData } from "../../base/tensor.ts";
import type { RunOutput } from "../../graph/program/outputs.ts";
import type { Batch } from "./inputs.ts";
import type { Packed } from "./packing.ts";
import { placesInBatch } from "./padded.ts";
import type { Ragged, RowRule } from "./ragged.ts";

/** The axis of a result: all tokens, or the narrow rows. */
export type Axis = "tokens" | "rows";

/** Turns a ragged batch's results into tensors. */
export class Unpacker {
  readonly #batch: Batch;
  readonly #ragged: Ragged;
  readonly #packed: Packed;
  /** Narrow rows of the longest sequence. */
  readonly #rows: number;
  /** Index of each token in `[B, L]` and of each row in `[B, rows]`, computed on first use. */
  readonly #slots: Partial<Record<Axis, Uint32Array>> = {};

  constructor(batch: Batch, { ragged, packed }: { ragged: Ragged; packed: Packed }) {
    this.#batch = batch;
    this.#ragged = ragged;
    this.#packed = packed;
    this.#rows = ragged.rowCounts.reduce((most, count) => Math.max(most, count), 0);
  }

  /** Per-token or per-row results `[T, C]` or `[R, C]` as `[B, L, C]` or `[B, rows, C]`. */
  states<Type extends "float32" | "int32" = "float32">(
    { data, dims }: RunOutput,
    axis: Axis,
    type: Type = "float32" as Type,
  ): Tensor<Type> {
    const { sequences } = this.#batch;
    const columns = elementCount(dims.slice(1));
    const extent = this.#extent(axis);
    const out = new (type === "float32" ? Float32Array : Int32Array)(sequences * extent * columns);
    this.#slotsOf(axis).forEach((slot, i) => {
      out.set(data.subarray(i * columns, (i + 1) * columns), slot * columns);
    });
    return new Tensor(type, out as TensorData<Type>, [sequences, extent, ...dims.slice(1)]);
  }

  /** Probabilities `[T or R, A, keys]` as `[B, A, L or rows, L]`; the columns of tokens that are no keys are 0. */
  attentions({ data, dims }: RunOutput, axis: Axis): Tensor<"float32"> {
    const [count = 0, heads = 0, stride = 0] = dims;
    const { sequences, length } = this.#batch;
    const { places, keyCounts } = this.#ragged;
    const { keyStarts } = this.#packed;
    const extent = this.#extent(axis);
    const slots = this.#slotsOf(axis);
    const out = new Float32Array(sequences * heads * extent * length);
    for (let i = 0; i < count; i++) {
      const slot = slots[i] as number;
      const b = Math.floor(slot / extent);
      const keyStart = keyStarts[b] as number;
      for (let a = 0; a < heads; a++) {
        const from = (i * heads + a) * stride;
        const to = ((b * heads + a) * extent + slot % extent) * length;
        for (let j = 0; j < (keyCounts[b] as number); j++) {
          out[to + (places[keyStart + j] as number)] = data[from + j] as number;
        }
      }
    }
    return new Tensor("float32", out, [sequences, heads, extent, length]);
  }

  /** Positions of the narrow rows `[B, rows]`, -1 for padding. */
  narrowPositions(): Tensor<"int32"> {
    const { places, rows } = this.#ragged;
    const out = new Int32Array(this.#batch.sequences * this.#rows).fill(-1);
    this.#slotsOf("rows").forEach((slot, i) => out[slot] = places[rows[i] as number] as number);
    return new Tensor("int32", out, [this.#batch.sequences, this.#rows]);
  }

  #extent(axis: Axis): number {
    return axis === "tokens" ? this.#batch.length : this.#rows;
  }

  #slotsOf(axis: Axis): Uint32Array {
    const { places, lengths, rows, rowCounts } = this.#ragged;
    return this.#slots[axis] ??= axis === "tokens"
      ? placesInBatch(places, lengths, this.#batch.length)
      : placesInBatch(ranks(rows.length, rowCounts), rowCounts, this.#rows);
  }
}

/** The number of each row within its sequence, from 0. */
function ranks(count: number, rowCounts: Uint32Array): Uint32Array {
  const out = new Uint32Array(count);
  let row = 0;
  for (const rows of rowCounts) for (let i = 0; i < rows; i++) out[row++] = i;
  return out;
}

/** The axis of the last layer's state under a rule. */
export function lastAxis(rule: RowRule): Axis {
  return rule === "ordinary" ? "tokens" : "rows";
}
