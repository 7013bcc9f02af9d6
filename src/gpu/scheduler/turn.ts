/** Turns of the event loop. */

/** What Deno has as Node has it, and browsers have not. */
type Immediate = { setImmediate?: (run: () => void) => unknown };

/**
 * Waits until all calls of this turn of the event loop have come as far as they can.
 *
 * Deno's `setImmediate` takes some 20 us in the midst of work. Elsewhere a message does it, which takes 80 us in Deno, and
 * a timer would take 2 ms. Each turn has a channel of its own, closed afterwards: in Deno an open port that had a message
 * keeps the process alive, even when it is unreferenced.
 */
export function nextTurn(): Promise<void> {
  const { setImmediate } = globalThis as Immediate;
  if (setImmediate !== undefined) return new Promise((resolve) => void setImmediate(resolve));
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
