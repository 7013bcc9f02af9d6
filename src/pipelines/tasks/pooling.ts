/** How the states of a text's tokens become its embedding: which readout is asked, and what. */

import type { Readout } from "../../heads/readouts/readout.ts";
import { pooledState, POOLING_MODES, type PoolingMode } from "../../heads/readouts/pooled_state.ts";
import { meanState, states } from "../../heads/readouts/states.ts";

/**
 * A way from token embeddings to the embedding of a text, by the name that sentence-transformers gives it; `none` leaves
 * each token its own.
 */
export type Pooling = "none" | PoolingMode;

/** Every {@linkcode Pooling}. */
export const POOLINGS: readonly Pooling[] = ["none", ...POOLING_MODES];

/** The readout of some poolings, and its question about a text. */
export interface PoolingPlan {
  readonly readout: Readout;
  /** @param text How many tokens it has, and the first that is pooled. */
  ask(text: { tokens: number; from: number }): object;
}

/**
 * The readout that computes some poolings with the least rows and the least work: one row for the first token or the last.
 *
 * @param modes Their vectors are joined in this order; none for the states of all tokens.
 */
export function planPooling(modes: readonly PoolingMode[]): PoolingPlan {
  const [only, ...more] = modes;
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

function range(begin: number, end: number): number[] {
  return Array.from({ length: end - begin }, (_, i) => begin + i);
}
