/** Judges all cases of a kernel side by side, so that they share what their driver makes them wait for. */

import { type Gpu, requestGpu } from "../../src/gpu/device.ts";
import type { Kernel } from "../../src/kernels/kernel.ts";
import { type ConformanceCase, judge } from "./conformance.ts";

/** Cases in memory at a time, whose results come back in one wait. */
const SIDE_BY_SIDE = 100;

/**
 * Runs cases of a kernel; returns the keys of the variants that they use, and what is wrong, by variant and case.
 *
 * A software driver compiles a shader when it first runs, which takes seconds of one core, and lets nothing else be
 * submitted to its device meanwhile. So each variant has a device of its own, and as many as there are cores begin at once.
 */
export async function judgeAll(
  kernel: Kernel,
  cases: Iterable<ConformanceCase>,
): Promise<{ variants: Set<string>; wrong: string[] }> {
  const gpus = new Map<string, Gpu>();
  const wrong: string[] = [];
  const runAll = (tests: readonly ConformanceCase[]) =>
    Promise.all(tests.map(async (test) => {
      const request = kernel.request(kernel.constants(test.constants));
      const difference = await judge(gpus.get(request.key) as Gpu, kernel, test);
      if (difference !== null) wrong.push(`${request.key}, ${test.name}: ${difference}`);
    }));
  try {
    for (const together of inGroups(cases, SIDE_BY_SIDE)) {
      const firsts: ConformanceCase[] = [];
      for (const test of together) {
        const request = kernel.request(kernel.constants(test.constants));
        if (gpus.has(request.key)) continue;
        const gpu = await requestGpu({ poisoned: true });
        gpus.set(request.key, gpu);
        await gpu.pipelines.compile(request.key, request);
        firsts.push(test);
      }
      for (const group of inGroups(firsts, navigator.hardwareConcurrency)) await runAll(group);
      await runAll(together.filter((test) => !firsts.includes(test)));
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
