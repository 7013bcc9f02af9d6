/** Contexts that stay on the GPU: texts that were encoded once, and can be asked again and again. */

import type { NotedVersions } from "../../gpu/buffer_versions.ts";
import type { Ragged } from "../../model/batch/ragged.ts";
import type { ContextMemory } from "../../model/contexts/context_pool.ts";
import type { ModelCore } from "../../model/core.ts";
import type { Runner } from "../../model/runner.ts";
import type { QueryTokens } from "../readouts/query_tokens.ts";

/** Texts that were encoded together, and whose context is in one buffer. */
export interface Segment {
  readonly buffer: GPUBuffer;
  /** The batch, without narrow rows. */
  readonly ragged: Ragged;
  /** The weights of the full layers, as they were. */
  readonly weights: NotedVersions;
}

/** Where the context of a text is. */
export interface TextPlace {
  /** The number of its segment, and its own in the segment. */
  readonly segment: number;
  readonly sequence: number;
}

/** What a context is made of. */
export interface ContextParts {
  readonly core: ModelCore;
  /** The programs of the model as it was. */
  readonly runner: Runner;
  readonly memory: ContextMemory;
  readonly segments: readonly Segment[];
  /** The texts, as they were encoded, and the place of each; equal texts have one place. */
  readonly texts: readonly QueryTokens[];
  readonly places: readonly TextPlace[];
}

/**
 * The outputs of the last full layer for some texts, kept on the GPU: `[tokens, H]`. A trunk makes it by `encode`, and
 * its `ask` computes only the narrow layers, for the rows of each question. A context is of use until it is disposed of,
 * or its model is, or the model's heads are pruned or the weights of its full layers are changed.
 */
export interface Context extends Disposable {
  /** How many texts it has. */
  readonly texts: number;
  /**
   * GPU bytes that it takes until it is disposed of: 4 bytes for each of H elements, rounded up to a multiple of 4, of each token. Equal texts
   * are counted once.
   */
  readonly bytes: number;
  /** Frees the GPU memory, after the calls under way. `using` does so too. */
  dispose(): void;
}

let partsIn: (context: Context) => ContextParts | null;

/** A context that a trunk made. What it is made of is for trunks: {@linkcode partsOfContext}. */
export class KeptContext implements Context {
  readonly #parts: ContextParts;

  static {
    partsIn = (context) => context instanceof KeptContext ? context.#parts : null;
  }

  constructor(parts: ContextParts) {
    this.#parts = parts;
  }

  get texts(): number {
    return this.#parts.texts.length;
  }

  get bytes(): number {
    return this.#parts.memory.bytes;
  }

  dispose(): void {
    this.#parts.memory.lease.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

/** What a context is made of; null if no trunk made it. */
export function partsOfContext(context: Context): ContextParts | null {
  return partsIn(context);
}
