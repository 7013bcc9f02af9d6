/** Reads a stream's inputs a window at a time, so that inputs of similar length can be computed together. */

import { Slices } from "../../base/tick.ts";
import { BATCH_TOKENS } from "./batches.ts";
import { PAUSE } from "./overlap.ts";
import { InputReader, LATE } from "./input_reader.ts";
import type { Inputs } from "./task.ts";

/** Most time that a window waits for its inputs, all waits added up, in ms, if nobody says another. */
export const WAIT_MS = 50;

/** Most inputs of the first window; each further one may have twice as many, so that the first answers come soon. */
const FIRST = 16;

/** Tokens that complete a window, however few inputs it has. */
const WINDOW_TOKENS = 16 * BATCH_TOKENS;

/** How {@linkcode windows} reads. */
export interface WindowOptions<Input, Entry> {
  /** Most inputs of a window, in the end. */
  size: number;
  /** Most time that a window waits for its inputs, in ms. */
  waitMs: number;
  /** Makes an entry of an input. */
  admit: (input: Input) => Entry;
  signal?: AbortSignal | undefined;
}

/**
 * Windows of a source's inputs, which grow from {@linkcode FIRST} inputs to `size`. The source is read only when the next window is asked for.
 *
 * If the waits for a window's inputs add up to `waitMs`, the window is yielded early, followed by {@linkcode PAUSE}: a
 * caller that needs an answer before it sends the next input gets one. If the source throws, its earlier inputs are
 * yielded before the error is thrown.
 */
export async function* windows<Input, Entry extends { readonly tokens: number }>(
  inputs: Inputs<Input>,
  { size, waitMs, admit, signal }: WindowOptions<Input, Entry>,
): AsyncGenerator<Entry[] | typeof PAUSE> {
  const source = new InputReader(inputs, signal);
  const slices = new Slices();
  let window: Entry[] = [];
  let tokens = 0;
  let most = Math.min(FIRST, size);
  let patience: number | undefined = waitMs; // the rest of it; undefined after a pause: no limit
  try {
    for (;;) {
      const asked = performance.now();
      const step = await source.next(patience);
      patience = patience === undefined ? waitMs : Math.max(0, patience - (performance.now() - asked));
      if (step !== LATE && !step.done) {
        const entry = admit(step.value);
        await slices.next();
        window.push(entry);
        tokens += entry.tokens;
        if (window.length < most && tokens < WINDOW_TOKENS) continue;
        most = Math.min(2 * most, size);
      }
      if (window.length > 0) yield window;
      window = [];
      tokens = 0;
      patience = step === LATE ? undefined : waitMs;
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
