/** What a model's files make of a pooled state: which poolings, and which modules behind them. */

import { ConfigError } from "../../base/errors.ts";
import type { PoolingMode } from "../../heads/readouts/pooled_state.ts";
import type { SentenceConfig } from "../../heads/sentence/sentence_config.ts";
import { applied, normalized, type VectorModule } from "../../heads/sentence/vector_modules.ts";
import { POOLINGS } from "./pooling.ts";

/** What is made of a pooled state, or of a token's. */
export function finished(
  state: Float32Array | Float64Array,
  { modules, dimensions, normalize }: { modules: readonly VectorModule[]; dimensions: number; normalize: boolean },
): Float32Array {
  if (modules.length === 0 && !normalize) return new Float32Array(state.subarray(0, dimensions));
  const kept = applied(modules, state).subarray(0, dimensions);
  return new Float32Array(normalize ? normalized(kept) : kept);
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

/** The poolings that the model's files name. @throws {ConfigError} If they ask for something that is not there. */
export function filedModes({ modes, missing }: SentenceConfig): readonly PoolingMode[] {
  if (missing === null) return modes;
  throw new ConfigError(
    `Cannot embed texts as the model's files say: they ask for ${missing}; ${
      POOLINGS.join(", ")
    } can be computed of the ` +
      "model's states alone; choose one by pooling",
  );
}
