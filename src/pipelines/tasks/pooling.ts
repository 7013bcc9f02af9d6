/** How the states of a text's tokens become its embedding: which readout is asked, and what. */

import type { Readout } from "../../heads/readouts/readout.ts";
import { InputError } from "../../base/errors.ts";
import { excerpt } from "../../base/messages.ts";
import { pooledState, POOLING_MODES, type PoolingMode } from "../../heads/readouts/pooled_state.ts";
import { meanState, states } from "../../heads/readouts/states.ts";
import { poolStates } from "../../heads/sentence/pool_states.ts";
import { applied, type VectorModule } from "../../heads/sentence/vector_modules.ts";

/**
 * A way from token embeddings to the embedding of a text, by the name that sentence-transformers gives it; `none` leaves
 * each token its own.
 */
export type Pooling = "none" | PoolingMode;

/** Every {@linkcode Pooling}. */
export const POOLINGS: readonly Pooling[] = ["none", ...POOLING_MODES];

/** How many tokens a text has, and the first that is pooled. */
interface Pooled {
  readonly tokens: number;
  readonly from: number;
}

/** The readout of some poolings, and its question about a text. */
export interface PoolingPlan {
  readonly readout: Readout;
  ask(text: Pooled): object;
  /** What is left to do of the readout's numbers. @default nothing: they are the text's vector */
  readonly finish?: (values: Float32Array, text: Pooled) => Float64Array;
}

/**
 * The readout that computes some poolings with the least rows and the least work: one row for the first token or the last.
 *
 * @param modes Their vectors are joined in this order; none for the states of all tokens.
 * @param modules What changes the state of each token before it is pooled: then all states are read, and pooled on the CPU.
 */
export function planPooling(modes: readonly PoolingMode[], modules: readonly VectorModule[] = []): PoolingPlan {
  const [only, ...more] = modes;
  if (only !== undefined && modules.length > 0) {
    return {
      readout: states,
      ask: () => ({}),
      finish(values, { tokens, from }) {
        const width = values.length / tokens;
        const stateOf = (token: number) => values.subarray(token * width, (token + 1) * width);
        const rows = Array.from({ length: tokens }, (_, i) => applied(modules, stateOf(i)));
        return poolStates(rows, { modes, from });
      },
    };
  }
  if (only === undefined) return { readout: states, ask: () => ({}) };
  if (more.length === 0) {
    if (only === "cls") return { readout: states, ask: ({ from }) => ({ positions: [from] }) };
    if (only === "lasttoken") return { readout: states, ask: ({ tokens }) => ({ positions: [tokens - 1] }) };
    if (only === "mean") {
      return { readout: meanState, ask: ({ tokens, from }) => from === 0 ? {} : { positions: range(from, tokens) } };
    }
  }
  return { readout: pooledState, ask: ({ from }) => ({ poolings: modes, from }) };
}

/**
 * The poolings that a caller asks for.
 *
 * @throws {RangeError} If one of them is none.
 */
export function modesOf(pooling: Pooling | readonly PoolingMode[]): readonly PoolingMode[] {
  if (pooling === "none") return [];
  const modes: readonly PoolingMode[] = Array.isArray(pooling) ? pooling : [pooling as PoolingMode];
  if (modes.length > 0 && modes.every((mode) => POOLING_MODES.includes(mode))) return modes;
  throw new RangeError(
    `Cannot embed texts: pooling must be one of ${POOLINGS.join(", ")}, or a list of all but the first, got ` +
      (Array.isArray(pooling) ? JSON.stringify(pooling) : `"${pooling}"`),
  );
}

/** Poolings that give zeros of no tokens, as sentence-transformers does; the others take a token's state. */
const SUMS: readonly PoolingMode[] = ["mean", "mean_sqrt_len_tokens", "weightedmean", "lasttoken"];

/**
 * Checks that some poolings give something of a text without a token, or all of whose tokens are a prompt's.
 *
 * @throws {InputError} If they do not.
 */
export function checkEmpty(modes: readonly PoolingMode[], { subject, text }: { subject: string; text: string }): void {
  const other = modes.find((mode) => !SUMS.includes(mode)) ?? (modes.length === 0 ? "none" : undefined);
  if (other === undefined) return;
  throw new InputError(
    `Cannot ${subject}: it must have a token for the pooling ${other}, and nothing is left of ${excerpt(text)}`,
  );
}

function range(begin: number, end: number): number[] {
  return Array.from({ length: end - begin }, (_, i) => begin + i);
}
