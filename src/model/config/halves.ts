/** Which layers of a model compute every token, and which may compute some rows alone. */

import type { NarrowBertConfig } from "./config.ts";

/** What a config says of layers. */
type Layers = Pick<NarrowBertConfig, "num_hidden_layers" | "full_length_layers">;

/** How many layers of its two halves a body has: those over every token, and those that may compute some rows alone. */
export interface Depth {
  full: number;
  narrow: number;
}

/** Whether a model is an ordinary BERT: all its layers are full, so that some rows of the last one are as they would be. */
export function isOrdinary({ num_hidden_layers, full_length_layers }: Layers): boolean {
  return full_length_layers === num_hidden_layers;
}

/** The halves of a model. The last layer of an ordinary BERT, whose layers are all full, is in the second one. */
export function halvesOf({ num_hidden_layers: layers, full_length_layers }: Layers): Depth {
  const full = Math.min(full_length_layers, layers - 1);
  return { full, narrow: layers - full };
}
