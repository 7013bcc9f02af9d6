/** Lays packed results out again as the caller's batch: `[B, L, …]` or `[B, rows, …]`, zeros where nothing was computed. */

import { elementCount } from "../../base/shape.ts";
import { Tensor } from "../../base/tensor.ts";
import type { RunOutput } from "../../graph/outputs.ts";
import type { Batch } from "./inputs.ts";
import type { Packed, RowRule } from "./packing.ts";

/** The axis of a result: all tokens, or the narrow rows. */
export type Axis = "tokens" | "rows";

/** Turns a packed batch's results into tensors. */
export class Unpacker {
  readonly #batch: Batch;
  readonly #packed: Packed;
  /** Narrow rows of the longest sequence. */
  readonly #rows: number;

  constructor(batch: Batch, packed: Packed) {
    this.#batch = batch;
    this.#packed = packed;
    const { rowStarts } = packed;
    this.#rows = rowStarts.reduce((most, start, b) => Math.max(most, start - (rowStarts[b - 1] ?? start)), 0);
  }

  /** Per-token or per-row results `[T, C]` or `[R, C]` as `[B, L, C]` or `[B, rows, C]`. */
  states({ data, dims }: RunOutput, axis: Axis, type: "float32" | "int32" = "float32"): Tensor {
    const { sequences } = this.#batch;
    const columns = elementCount(dims.slice(1));
    const extent = this.#extent(axis);
    const out = new (type === "float32" ? Float32Array : Int32Array)(sequences * extent * columns);
    this.#slots(axis).forEach((slot, i) => {
      out.set(data.subarray(i * columns, (i + 1) * columns), slot * columns);
    });
    return new Tensor(type, out, [sequences, extent, ...dims.slice(1)]);
  }

  /** Probabilities `[T or R, A, keys]` as `[B, A, L or rows, L]`; columns of tokens that are no keys are 0. */
  attentions({ data, dims }: RunOutput, axis: Axis): Tensor {
    const [count = 0, heads = 0, stride = 0] = dims;
    const { sequences, length } = this.#batch;
    const { tokenPlaces, keyStarts, keyCounts } = this.#packed;
    const extent = this.#extent(axis);
    const slots = this.#slots(axis);
    const out = new Float32Array(sequences * heads * extent * length);
    for (let i = 0; i < count; i++) {
      const slot = slots[i] as number;
      const b = Math.floor(slot / extent);
      const keyStart = keyStarts[b] as number;
      for (let a = 0; a < heads; a++) {
        const from = (i * heads + a) * stride;
        const to = ((b * heads + a) * extent + slot % extent) * length;
        for (let j = 0; j < (keyCounts[b] as number); j++) {
          out[to + (tokenPlaces[keyStart + j] as number) % length] = data[from + j] as number;
        }
      }
    }
    return new Tensor("float32", out, [sequences, heads, extent, length]);
  }

  /** Positions of the narrow rows `[B, rows]`, -1 for padding. */
  narrowPositions(): Tensor {
    const { sequences, length } = this.#batch;
    const out = new Int32Array(sequences * this.#rows).fill(-1);
    this.#slots("rows").forEach((slot, i) => out[slot] = (this.#packed.rowPlaces[i] as number) % length);
    return new Tensor("int32", out, [sequences, this.#rows]);
  }

  #extent(axis: Axis): number {
    return axis === "tokens" ? this.#batch.length : this.#rows;
  }

  /** Where each packed token or row goes: an index into `[B, L]` or `[B, rows]`. */
  #slots(axis: Axis): Uint32Array {
    const { tokenPlaces, rowPlaces, rowStarts } = this.#packed;
    if (axis === "tokens") return tokenPlaces;
    const { length } = this.#batch;
    return rowPlaces.map((place, i) => {
      const b = Math.floor(place / length);
      return b * this.#rows + i - (rowStarts[b] as number);
    });
  }
}

/** The axis of the last state under a rule. */
export function lastAxis(rule: RowRule): Axis {
  return rule === "ordinary" ? "tokens" : "rows";
}
