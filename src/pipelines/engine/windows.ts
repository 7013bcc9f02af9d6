/** Reads a stream's inputs a window at a time, so that inputs of like length can be computed together. */

import { BATCH_TOKENS } from "./batches.ts";
import { PAUSE } from "./overlap.ts";
import { InputReader, LATE } from "./input_reader.ts";
import type { Inputs } from "./task.ts";

/** How long a window waits for its inputs, all of them together, before it is closed as it is, in ms. */
const PATIENCE_MS = 50;

/** Tokens that close a window, however few inputs it has. */
const WINDOW_TOKENS = 16 * BATCH_TOKENS;

/** How {@linkcode windows} reads. */
export interface WindowOptions<Input, Entry> {
  /** Most inputs of a window. */
  size: number;
  /** Takes an input in. */
  admit: (input: Input) => Entry;
  signal?: AbortSignal | undefined;
}

/**
 * Windows of a source's inputs, which is read only when the next window is asked for. Where the source lets one wait,
 * once or little by little, its window is closed early and a {@linkcode PAUSE} follows, so that whoever needs an answer
 * before the next input gets it, and answers to a slow source keep up with it. Where the source throws, what it gave
 * before comes first.
 */
export async function* windows<Input, Entry extends { readonly tokens: number }>(
  inputs: Inputs<Input>,
  { size, admit, signal }: WindowOptions<Input, Entry>,
): AsyncGenerator<Entry[] | typeof PAUSE> {
  const source = new InputReader(inputs, signal);
  let window: Entry[] = [];
  let tokens = 0;
  let patience: number | undefined = PATIENCE_MS; // what is left of it; after a pause there is nothing to do but wait
  try {
    for (;;) {
      const asked = performance.now();
      const step = await source.next(patience);
      patience = patience === undefined ? PATIENCE_MS : Math.max(0, patience - (performance.now() - asked));
      if (step !== LATE && !step.done) {
        const entry = admit(step.value);
        window.push(entry);
        tokens += entry.tokens;
        if (window.length < size && tokens < WINDOW_TOKENS) continue;
      }
      if (window.length > 0) yield window;
      window = [];
      tokens = 0;
      patience = step === LATE ? undefined : PATIENCE_MS;
      if (step === LATE) yield PAUSE;
      else if (step.done) return;
    }
  } catch (error) {
    if (signal?.aborted) throw error;
    yield window;
    yield PAUSE;
    throw error;
  } finally {
    await source.close();
  }
}
