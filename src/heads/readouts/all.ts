/** Every readout of this library. */

import type { Head } from "../../model/head.ts";
import { choiceLogit, labelLogits, tokenLogits } from "./labels.ts";
import { definitionOf, type ReadoutDefinition } from "./definition.ts";
import { pooledState } from "./pooled_state.ts";
import { meanState, states } from "./states.ts";
import { maskedWords, targetWords, topWords, wordLogits, wordProbabilities } from "./words.ts";

/** All of them. */
export const READOUTS: readonly ReadoutDefinition[] = [
  topWords,
  targetWords,
  maskedWords,
  wordLogits,
  wordProbabilities,
  labelLogits,
  choiceLogit,
  tokenLogits,
  states,
  meanState,
  pooledState,
].map(definitionOf);

/** The readouts of some heads, and those that need no head. */
export function readoutsOf(heads: readonly Head[]): readonly ReadoutDefinition[] {
  return READOUTS.filter(({ head }) => head.prefix === null || heads.includes(head));
}
