/** A turn of the event loop, by what browsers have too. */

/**
 * Waits until all that can happen without a timer, a message or a file has happened. It takes some 50 us, where a timer
 * takes 1 to 2 ms, and lets timers run.
 *
 * Each turn has a channel of its own, closed afterwards: in Deno an open port that has had a message keeps the process
 * alive, even when it is unreferenced.
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
