/** Ways to yield to the event loop. */

/** Steps of promises that are waited for. A call of a pipeline takes about 20 until it asks for the GPU. */
const STEPS = 64;

/**
 * Waits until the calls of this turn of the event loop have added their jobs. That takes 5 us; a message would take 80
 * us and a timer 2 ms. A call that waits for something else goes into a later submission.
 */
export async function callsOfThisTurn(): Promise<void> {
  for (let i = 0; i < STEPS; i++) await null;
}

/** Waits `milliseconds`, by a timer. */
export function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
