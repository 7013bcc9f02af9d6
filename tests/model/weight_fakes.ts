/** Checkpoints made up in memory. */

import type { Dtype } from "../../src/base/dtype.ts";
import { NarrowBertConfig } from "../../src/model/config/config.ts";
import { parameterShapes } from "./parts.ts";
import type { StoredWeights } from "../../src/model/weights/stored_weights.ts";

/** A stored tensor whose elements all have the value `fill`. */
export interface FakeTensor {
  dtype: Dtype;
  shape: readonly number[];
  fill: number;
}

/** A checkpoint that can be changed at will, and remembers what was read from it. */
export class FakeCheckpoint implements StoredWeights {
  readonly location = "models/fake";
  readonly tensors: Map<string, FakeTensor>;
  readonly reads: string[] = [];

  constructor(tensors: Iterable<readonly [string, FakeTensor]>) {
    this.tensors = new Map(tensors);
  }

  names(): string[] {
    return [...this.tensors.keys()];
  }

  info(name: string): FakeTensor {
    return this.tensors.get(name) as FakeTensor;
  }

  float32(name: string): Float32Array {
    this.reads.push(name);
    const { shape, fill } = this.info(name);
    return new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(fill);
  }

  /** Adds or replaces a tensor. */
  put(
    name: string,
    shape: readonly number[],
    { dtype = "F32", fill = 0 }: { dtype?: Dtype; fill?: number } = {},
  ): this {
    this.tensors.set(name, { dtype, shape, fill });
    return this;
  }

  /** Takes tensors out. */
  drop(...names: string[]): this {
    for (const name of names) this.tensors.delete(name);
    return this;
  }

  /** The same checkpoint with other names; `null` leaves a tensor out. */
  renamed(rename: (name: string) => string | null): FakeCheckpoint {
    const pairs = [...this.tensors].map(([name, tensor]) => [rename(name), tensor] as const);
    return new FakeCheckpoint(pairs.filter((pair): pair is [string, FakeTensor] => pair[0] !== null));
  }
}

/** Two full layers and one narrow one, of different widths wherever widths could be confused. */
export const SMALL = new NarrowBertConfig({
  vocab_size: 11,
  hidden_size: 6,
  num_hidden_layers: 3,
  num_attention_heads: 3,
  intermediate_size: 5,
  max_position_embeddings: 7,
  type_vocab_size: 2,
  num_labels: 4,
});

/** A checkpoint in the published layout; each tensor is filled with its place in the list. */
export function published(head: string, { pooler = false, config = SMALL } = {}): FakeCheckpoint {
  return new FakeCheckpoint(
    [...parameterShapes(config, { head, pooler })].map(([name, shape], fill) => [name, { dtype: "F32", shape, fill }]),
  );
}
