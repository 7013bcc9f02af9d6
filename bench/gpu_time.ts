/** How long the GPU works while something runs, by timestamps before and after every submission. */

import type { Gpu } from "../src/gpu/device.ts";
import { Recorder } from "../src/gpu/recorder.ts";

/** Each submission takes two of the 4,096 queries that a set may have. */
const MOST_SUBMISSIONS = 2048;

const QUERY_RESOLVE_COPY_SRC = 0x200 | 0x04;
const MAP_READ_COPY_DST = 0x01 | 0x08;
const MAP_MODE_READ = 0x01;

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
  const querySet = device.createQuerySet({ type: "timestamp", count: 2 * MOST_SUBMISSIONS });
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
  const stamps = await resolve(device, querySet, 2 * submissions);
  querySet.destroy();
  return { wall, busy: unionOf(stamps) / 1e6 };
}

/** The first `count` timestamps of a set, in nanoseconds. */
async function resolve(device: GPUDevice, querySet: GPUQuerySet, count: number): Promise<BigUint64Array> {
  if (count === 0) return new BigUint64Array();
  const size = 8 * count;
  const resolved = device.createBuffer({ size, usage: QUERY_RESOLVE_COPY_SRC });
  const staging = device.createBuffer({ size, usage: MAP_READ_COPY_DST });
  const encoder = device.createCommandEncoder();
  encoder.resolveQuerySet(querySet, 0, count, resolved, 0);
  encoder.copyBufferToBuffer(resolved, 0, staging, 0, size);
  device.queue.submit([encoder.finish()]);
  await staging.mapAsync(MAP_MODE_READ);
  const stamps = new BigUint64Array(staging.getMappedRange().slice(0));
  for (const buffer of [resolved, staging]) buffer.destroy();
  return stamps;
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
