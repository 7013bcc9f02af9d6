/** Judges all cases of a kernel side by side, so that they share what their driver makes them wait for. */

import { type Gpu, requestGpu } from "../../src/gpu/device.ts";
import type { Kernel } from "../../src/kernels/kernel.ts";
import { type ConformanceCase, judge } from "./conformance.ts";

/** Cases in memory at a time, whose results come back in one wait. */
const SIDE_BY_SIDE = 100;

/**
 * Runs cases of a kernel; returns the keys of the variants that they use, and what is wrong, by variant and case.
 *
 * A software driver compiles a shader when it first runs, which takes seconds, and lets nothing else be submitted to its
 * device meanwhile. So each variant has a device of its own, and all variants begin before any goes on to a second case.
 */
export async function judgeAll(
  kernel: Kernel,
  cases: Iterable<ConformanceCase>,
): Promise<{ variants: Set<string>; wrong: string[] }> {
  const gpus = new Map<string, Gpu>();
  const wrong: string[] = [];
  try {
    for (const together of inGroups(cases, SIDE_BY_SIDE)) {
      const runs = together.map((test) => ({ test, request: kernel.request(kernel.constants(test.constants)) }));
      for (const { request } of runs) {
        if (gpus.has(request.key)) continue;
        const gpu = await requestGpu({ poisoned: true });
        gpus.set(request.key, gpu);
        await gpu.pipelines.compile(request.key, request);
      }
      const byVariant = Map.groupBy(runs, ({ request }) => request.key);
      await Promise.all(
        inTurn([...byVariant.values()]).map(async ({ test, request: { key } }) => {
          const difference = await judge(gpus.get(key) as Gpu, kernel, test);
          if (difference !== null) wrong.push(`${key}, ${test.name}: ${difference}`);
        }),
      );
    }
  } finally {
    for (const gpu of gpus.values()) gpu.device.destroy();
  }
  return { variants: new Set(gpus.keys()), wrong };
}

function* inGroups<T>(items: Iterable<T>, size: number): Generator<T[], void> {
  let group: T[] = [];
  for (const item of items) {
    group.push(item);
    if (group.length < size) continue;
    yield group;
    group = [];
  }
  if (group.length > 0) yield group;
}

/** The first of every list, then the second of every list, and so on. */
function inTurn<T>(lists: readonly (readonly T[])[]): T[] {
  const longest = Math.max(0, ...lists.map((list) => list.length));
  return Array.from({ length: longest }, (_, i) => lists.flatMap((list) => list.slice(i, i + 1))).flat();
}
