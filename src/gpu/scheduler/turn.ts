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

/**
 * Waits for the next turn of the event loop, by a message: a timer would take 2 ms, and 4 ms in a browser. Timers,
 * events and answers of servers have their turn meanwhile. Each turn opens a channel and closes it: in Deno an open port
 * that had a message keeps the process alive, even if it is unreferenced.
 */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      port2.close();
      resolve();
    };
    port2.postMessage(null);
  });
}

/** Waits `milliseconds`, by a timer. */
export function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
