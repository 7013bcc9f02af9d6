/** What ran on the GPU, on the process's clock. */

import type { TimedKernel, TimedSubmission } from "../../gpu/profiling/kernel_store.ts";
import type { TraceEvent } from "./event_list.ts";
import { GpuClock } from "./gpu_clock.ts";

/** A submission on the timeline. */
export interface PlacedSubmission {
  /** How long it took on the GPU, in ms; 0 if none of its kernels has a time. */
  readonly milliseconds: number;
  /** The submission, and each of its kernels that has a time. */
  readonly events: readonly TraceEvent[];
}

/** A device's clock, and the zero of its times. */
interface DeviceClock {
  readonly zero: bigint;
  readonly clock: GpuClock;
}

/** Places submissions one after the other. */
export class GpuTimeline {
  readonly #clocks = new Map<GPUDevice, DeviceClock>();
  #submissions = 0;
  #untimed = 0;

  /** Submissions so far. */
  get submissions(): number {
    return this.#submissions;
  }

  /** Kernels to which the driver gave no time. */
  get untimed(): number {
    return this.#untimed;
  }

  /** Places a submission, which was made after those before it. */
  place({ device, submitted, done, kernels }: TimedSubmission): PlacedSubmission {
    const name = `submission ${++this.#submissions}`;
    const timed = kernels.filter(({ start }) => start !== 0n);
    this.#untimed += kernels.length - timed.length;
    const span = spanOf(timed);
    if (span === null) return { milliseconds: 0, events: [] };
    const { zero, clock } = this.#clockOf(device, span.from);
    const milliseconds = (stamp: bigint) => Number(stamp - zero) / 1e6;
    const [first, last] = [milliseconds(span.from), milliseconds(span.to)];
    const offset = clock.offsetOf({ submitted, done, first, last });
    const details = { kernels: kernels.length, submitted_ms: submitted, done_ms: done };
    const runs = timed.map(({ label, work, start, end }): TraceEvent => ({
      lane: "GPU",
      name: work?.kernel ?? label,
      start: milliseconds(start) + offset,
      end: milliseconds(end) + offset,
      kernel: { label, work },
    }));
    const whole: TraceEvent = { lane: "GPU", name, start: first + offset, end: last + offset, details };
    return { milliseconds: last - first, events: [whole, ...runs] };
  }

  #clockOf(device: GPUDevice, zero: bigint): DeviceClock {
    let known = this.#clocks.get(device);
    if (known === undefined) this.#clocks.set(device, known = { zero, clock: new GpuClock() });
    return known;
  }
}

/** When the first of some kernels began and the last ended; null if there are none. */
function spanOf(kernels: readonly TimedKernel[]): { from: bigint; to: bigint } | null {
  const [one] = kernels;
  if (one === undefined) return null;
  let { start: from, end: to } = one;
  for (const { start, end } of kernels) {
    if (start < from) from = start;
    if (end > to) to = end;
  }
  return { from, to };
}
