/** Takes the place of `Deno.bench`: keeps what a bench file registers, so that it can be run a sample at a time. */

import { type Time, timed } from "./stopwatch.ts";

/** Something that is timed by itself. */
export interface Work {
  name: string;
  /** Does it once. */
  once(): Promise<Time>;
  /** How often `once` does what is timed: a reported time is that of one. */
  times: number;
}

/** The works of the bench file that was imported, by name. */
export const works = new Map<string, Work>();

/**
 * Adds a work, of which `parts` are the names from group to run.
 *
 * @throws {Error} If there is one of this name: the other side would not know which is meant.
 */
export function addWork(
  parts: readonly (string | undefined)[],
  { once, times = 1 }: Pick<Work, "once"> & Partial<Work>,
) {
  const name = parts.filter((part) => part !== undefined).join(": ");
  if (works.has(name)) throw new Error(`Cannot collect bench "${name}": the file has another of this name; rename one`);
  works.set(name, { name, once, times });
}

/** What can be passed to `Deno.bench`: a name, options and a function. The options may hold the other two. */
type BenchArgument = string | Partial<Deno.BenchDefinition> | Deno.BenchDefinition["fn"];

/** Stands in for `Deno.bench`. */
export function collectBench(...args: readonly BenchArgument[]): void {
  const options: Partial<Deno.BenchDefinition> = args.find((arg) => typeof arg === "object") ?? {};
  const fn = args.find((arg) => typeof arg === "function") ?? options.fn;
  if (fn === undefined) throw new TypeError("Cannot collect a bench: it needs a function, got none");
  if (options.ignore) return;
  const name = args.find((arg) => typeof arg === "string") ?? options.name ?? fn.name;
  addWork([options.group, name], { once: () => timed(fn, name) });
}

/** Replaces `Deno.bench`: benches that are registered from now on are collected here. */
export function replaceDenoBench(): void {
  Reflect.set(Deno, "bench", Object.assign(collectBench, { only: collectBench, ignore: () => {} }));
}
