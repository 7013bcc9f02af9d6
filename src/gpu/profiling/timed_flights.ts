/** The submissions of a scheduler whose kernels are timed, from when they are submitted to when the GPU is idle. */

import { type KernelStore, type Submitted, timedBy } from "./kernel_store.ts";

/** Follows them. */
export class TimedFlights {
  readonly #flights: Submitted[] = [];
  readonly #stores = new Set<KernelStore>();

  /** Command buffers are about to be submitted together. */
  submit(commands: readonly GPUCommandBuffer[]): void {
    let flight: Submitted | null = null;
    for (const command of commands) {
      const recording = timedBy(command);
      if (recording === undefined) continue;
      if (flight === null) this.#flights.push(flight = { at: performance.now(), done: null });
      recording.submitted(flight);
      this.#stores.add(recording.store);
    }
  }

  /** The GPU is idle: all times can be read without waiting. */
  finish(): void {
    if (this.#flights.length === 0) return;
    const done = performance.now();
    for (const flight of this.#flights.splice(0)) flight.done = done;
    for (const store of this.#stores) store.drain();
    this.#stores.clear();
  }
}
