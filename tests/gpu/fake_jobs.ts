/** A scheduler over a device that is not there: it notes what is asked of the GPU. */

import type { Job } from "../../src/gpu/scheduler/job.ts";
import { Meter } from "../../src/gpu/scheduler/meter.ts";
import { Scheduler, type SchedulerHost } from "../../src/gpu/scheduler/scheduler.ts";

/** A scheduler with a budget of 10, and what it did. */
export interface FakeScheduler {
  scheduler: Scheduler;
  /** `encode a0-2`, `submit a0-2 b0-1`, `map a`, `release a`. */
  told: string[];
  /** A job of steps of these costs, whose result is its label. */
  job(label: string, costs: readonly number[], options?: Partial<Job<string>>): Job<string>;
}

/** Milliseconds until a read settles, as in Deno. */
const SETTLES = 10;

/** @param options What the host does otherwise. */
export function fakeScheduler(options: Partial<SchedulerHost> = {}): FakeScheduler {
  const told: string[] = [];
  const nameOf = (buffer: GPUBuffer) => buffer.label;
  const host: SchedulerHost = {
    device: {
      queue: {
        submit: (commands) => void told.push(`submit ${[...commands].map(({ label }) => label).join(" ")}`),
        onSubmittedWorkDone: () => Promise.resolve(undefined),
      },
    },
    staging: {
      async readInto(buffer, _bytes, take) {
        told.push(`map ${nameOf(buffer)}`);
        await new Promise((resolve) => setTimeout(resolve, SETTLES));
        if (told.includes(`destroy ${nameOf(buffer)}`)) throw new Error("destroyed");
        const taken = take(new ArrayBuffer(4));
        if (!told.includes(`destroy ${nameOf(buffer)}`)) told.push(`release ${nameOf(buffer)}`);
        return taken;
      },
      release: (buffer) => void told.push(`release ${nameOf(buffer)}`),
      destroy: (buffer) => void told.push(`destroy ${nameOf(buffer)}`),
    },
    buffers: { poisoned: false },
    check() {},
    watch: (work) => work(),
    guarded: (_label, submit) => Promise.resolve(submit()),
    ...options,
  };
  const clock = { now: () => performance.now(), most: 1, stops: false };
  const meter = new Meter(1); // a nanosecond of a unit: not worth a sleep
  return {
    scheduler: new Scheduler(host, { speed: { budget: 10, rate: 1 }, clock }),
    told,
    job: (label, costs, own) => ({
      label,
      steps: costs.map((cost) => ({ meter, cost })),
      encode(first, end) {
        told.push(`encode ${label}${first}-${end}`);
        return { label: `${label}${first}-${end}` } as GPUCommandBuffer;
      },
      staging: { label } as GPUBuffer,
      bytes: 4,
      take: () => label,
      ...own,
    }),
  };
}
