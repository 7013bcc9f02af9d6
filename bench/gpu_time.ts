/** How long the GPU works while something runs, by timestamps before and after every submission. */

import type { Gpu } from "../src/gpu/device.ts";
import { MOST_TIMESTAMPS, TimestampSet } from "../src/gpu/profiling/timestamps.ts";
import { Recorder } from "../src/gpu/recorder.ts";

/** Each submission takes two timestamps. */
const MOST_SUBMISSIONS = MOST_TIMESTAMPS / 2;

/** Milliseconds. */
export interface GpuTime {
  /** From the call of `body` until it is done. */
  wall: number;
  /** In which some submission was under way on the GPU. */
  busy: number;
}

/**
 * Times the submissions of `body`, which must wait for them.
 *
 * @throws {Error} If the device lacks `timestamp-query`, or there are more than 2,048 submissions.
 */
export async function gpuTimeOf({ device }: Gpu, body: () => Promise<unknown>): Promise<GpuTime> {
  const set = new TimestampSet(device, MOST_TIMESTAMPS);
  const { querySet } = set;
  const stamp = (writes: Omit<GPUComputePassTimestampWrites, "querySet">) => {
    const recorder = new Recorder(device);
    recorder.stamp({ querySet, ...writes });
    return recorder.finish();
  };
  let submissions = 0;
  const { submit } = GPUQueue.prototype;
  GPUQueue.prototype.submit = function (commands) {
    if (this !== device.queue) return submit.call(this, commands);
    if (submissions === MOST_SUBMISSIONS) throw new Error("Cannot time submissions: there are too many");
    const i = 2 * submissions++;
    const [before, after] = [stamp({ beginningOfPassWriteIndex: i }), stamp({ endOfPassWriteIndex: i + 1 })];
    return submit.call(this, [before, ...commands, after]);
  };
  const start = performance.now();
  try {
    await body();
  } finally {
    GPUQueue.prototype.submit = submit;
  }
  const wall = performance.now() - start;
  const stamps = await stampsOf(device, set, 2 * submissions);
  set.destroy();
  return { wall, busy: unionOf(stamps) / 1e6 };
}

/** The first `count` timestamps of a set. */
async function stampsOf(device: GPUDevice, set: TimestampSet, count: number): Promise<BigUint64Array> {
  if (count === 0) return new BigUint64Array();
  const recorder = new Recorder(device);
  recorder.resolve(set, count);
  recorder.submit();
  return await set.read(count);
}

/** Length of the union of intervals, whose starts rise. */
function unionOf(stamps: BigUint64Array): number {
  let [length, end] = [0n, 0n];
  for (let i = 0; i < stamps.length; i += 2) {
    const [start, stop] = [stamps[i] as bigint, stamps[i + 1] as bigint];
    if (stop <= end) continue;
    length += stop - (start > end ? start : end);
    end = stop;
  }
  return Number(length);
}
