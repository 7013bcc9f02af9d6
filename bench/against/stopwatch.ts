/** Two clocks at once. */

import process from "node:process";

/** Milliseconds. */
export interface Time {
  /** Elapsed time. */
  wall: number;
  /** CPU time of all threads of this process, which other programs hardly affect. */
  cpu: number;
}

/** Runs from when it is made, or else from its `start()`, to its `end()`, or else to when it is read. */
export class Stopwatch implements Deno.BenchContext {
  readonly origin = import.meta.url;
  #start = now();
  #end: Time | null = null;

  constructor(readonly name: string) {}

  start(): void {
    this.#start = now();
  }

  end(): void {
    this.#end ??= now();
  }

  read(): Time {
    this.end();
    const { wall, cpu } = this.#end as Time;
    return { wall: wall - this.#start.wall, cpu: cpu - this.#start.cpu };
  }
}

/** The time of all that `body` does. */
export async function timed(body: (watch: Stopwatch) => unknown, name = body.name): Promise<Time> {
  const watch = new Stopwatch(name);
  const result = body(watch);
  if (result instanceof Promise) await result; // Waiting for nothing would count, too.
  return watch.read();
}

function now(): Time {
  const wall = performance.now();
  const { user, system } = process.cpuUsage();
  return { wall, cpu: (user + system) / 1000 };
}
