/** Ways to let others have their turn. */

/** How many steps of promises calls are waited for. A call of a pipeline takes some 20 until it asks for the GPU. */
const STEPS = 64;

/**
 * Waits until calls made in this turn of the event loop have come as far as they can. It takes 5 us, where a message
 * takes 80 us and a timer 2 ms. What comes later, because it waits for something else, goes out with the next calls.
 */
export async function callsOfThisTurn(): Promise<void> {
  for (let i = 0; i < STEPS; i++) await null;
}

/**
 * Waits for the next turn of the event loop, by a message: a timer takes 2 ms. Each turn has a channel of its own, closed
 * afterwards: in Deno an open port that had a message keeps the process alive, even when it is unreferenced.
 */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}

/** Waits `milliseconds`, by a timer. */
export function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
