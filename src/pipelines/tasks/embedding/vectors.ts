/** What is made of the pooled states of a text, or of its windows, behind the pooling. */

import type { PoolingMode } from "../../../heads/readouts/pooled_state.ts";
import type { SentenceConfig } from "../../../heads/sentence/sentence_config.ts";
import { applied, normalized, type VectorModule } from "../../../heads/sentence/vector_modules.ts";
import { aggregated } from "../../windows/aggregated.ts";
import type { Aggregation } from "../../windows/options.ts";

/** A pooled state, or a token's. */
export type Vector = Float32Array | Float64Array;

/** What is done with a vector, in this order. */
export interface Finish {
  readonly modules: readonly VectorModule[];
  /** Numbers that the modules make. */
  readonly width: number;
  /** How many of them are kept. */
  readonly dimensions: number;
  /** Whether these are scaled to length 1. */
  readonly normalize: boolean;
}

/** The modules behind some poolings. @throws {RangeError} If they do not take what these give. */
export function modulesBehind(
  modes: readonly PoolingMode[],
  { sentence, pooled, normalize }: { sentence: SentenceConfig; pooled: number; normalize?: boolean },
): readonly VectorModule[] {
  const modules = sentence.modules.filter(({ kind }) => kind !== "Normalize" || normalize !== false);
  const first = modules.find(({ inputs }) => inputs !== null);
  if (first === undefined || first.inputs === pooled) return modules;
  throw new RangeError(
    `Cannot embed texts: the model's ${first.kind} takes ${first.inputs} numbers, and pooling ${
      modes.join(", ")
    } gives ` +
      `${pooled}; leave out pooling, as the model's files say`,
  );
}

/** What is made of one vector. */
export function finished(state: Vector, { modules, dimensions, normalize }: Omit<Finish, "width">): Float32Array {
  if (modules.length === 0 && !normalize) return new Float32Array(state.subarray(0, dimensions));
  const kept = applied(modules, state).subarray(0, dimensions);
  return new Float32Array(normalize ? normalized(kept) : kept);
}

/**
 * The embedding of a text whose windows have these vectors: what is made of each, joined, and scaled to length 1 again if
 * they have that. Dimensions are cut at last, unless what is left is scaled.
 *
 * @param states One at least.
 */
export function joinedVector(states: readonly Vector[], finish: Finish, aggregation: Aggregation): Float32Array {
  if (states.length === 1 || aggregation === "first") return finished(states[0]!, finish);
  const { modules, width, dimensions, normalize } = finish;
  const kept = normalize ? dimensions : width;
  const joined = aggregated(states.map((state) => finished(state, { ...finish, dimensions: kept })), aggregation);
  const isUnit = normalize || modules.findLast(({ kind }) => kind !== "Dropout")?.kind === "Normalize";
  return new Float32Array((isUnit ? normalized(joined) : joined).subarray(0, dimensions));
}
