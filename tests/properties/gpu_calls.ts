/** Notes what is asked of the GPU while something runs. */

const WATCHED = [
  [GPUQueue.prototype, "submit"],
  [GPUQueue.prototype, "writeBuffer"],
  [GPUBuffer.prototype, "mapAsync"],
  [GPUCommandEncoder.prototype, "copyBufferToTexture"],
  [GPUComputePassEncoder.prototype, "dispatchWorkgroups"],
] as const;

/** A call that is noted. */
export type GpuCall = typeof WATCHED[number][1];

/** Runs `body` and gives the calls that it made, in order. */
export async function gpuCallsOf(body: () => Promise<unknown>): Promise<GpuCall[]> {
  const calls: GpuCall[] = [];
  const restore = WATCHED.map(([prototype, name]) => {
    const original = Reflect.get(prototype, name) as (...args: unknown[]) => unknown;
    Reflect.set(prototype, name, function (this: unknown, ...args: unknown[]) {
      calls.push(name);
      return Reflect.apply(original, this, args);
    });
    return () => Reflect.set(prototype, name, original);
  });
  try {
    await body();
  } finally {
    for (const undo of restore) undo();
  }
  return calls;
}

/** How often a call was made. */
export function countOf(calls: readonly GpuCall[], name: GpuCall): number {
  return calls.filter((call) => call === name).length;
}
