/** Clocks for runs on the GPU. */

import type { Gpu } from "../../gpu/device.ts";
import { TimestampSet } from "../../gpu/profiling/timestamps.ts";
import { Recorder } from "../../gpu/recorder.ts";
import type { Prepared } from "./work.ts";

/** Times several runs together. */
export interface Clock {
  /** What it measures by. */
  readonly by: "timestamps" | "wall time";
  /** Least duration of a sample that is exact enough, in ms. */
  readonly sample: number;
  /** Milliseconds that `times` runs take, one after the other. */
  time(run: Prepared, times: number): Promise<number>;
  dispose(): void;
}

/** Timestamps if the device has them, else the wall time until a readback, less that of an empty one. */
export function clockOf(gpu: Gpu): Clock {
  return gpu.features.has("timestamp-query") ? timestampClock(gpu) : wallClock(gpu);
}

function timestampClock({ device }: Gpu): Clock {
  const stamps = new TimestampSet(device, 2);
  const { querySet } = stamps;
  return {
    by: "timestamps",
    sample: 2,
    async time(run, times) {
      const recorder = new Recorder(device);
      recorder.stamp({ querySet, beginningOfPassWriteIndex: 0 });
      for (let i = 0; i < times; i++) run.record(recorder);
      recorder.stamp({ querySet, endOfPassWriteIndex: 1 });
      recorder.resolve(stamps, 2);
      recorder.submit();
      const [begin, end] = await stamps.read(2);
      return Number(end! - begin!) / 1e6;
    },
    dispose: () => stamps.destroy(),
  };
}

/** Exported for the tests of devices that have timestamps too. */
export function wallClock({ device, buffers, staging }: Gpu): Clock {
  const source = buffers.acquire(4, "clock");
  const wall = async (run: Prepared | null, times: number) => {
    const start = performance.now();
    const recorder = new Recorder(device);
    for (let i = 0; i < times; i++) run?.record(recorder);
    const read = staging.acquire(4);
    recorder.copy(source, 0, read, 0, 4);
    recorder.submit();
    await staging.readInto(read, 4, () => {}, "low");
    return performance.now() - start;
  };
  let empty = Infinity;
  return {
    by: "wall time",
    sample: 20,
    async time(run, times) {
      empty = Math.min(empty, await wall(null, 0));
      return Math.max(0, await wall(run, times) - empty);
    },
    dispose: () => buffers.release(source),
  };
}
