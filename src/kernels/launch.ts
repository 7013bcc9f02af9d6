/** Runs one kernel on given data, for conformance tests, benches and tuning. Models run through programs instead. */

import type { Gpu } from "../gpu/device.ts";
import type { Latency } from "../gpu/readback.ts";
import { Recorder } from "../gpu/recorder.ts";
import type { Constants, Kernel, Params, TextureView } from "./kernel.ts";

/** Contents of a storage buffer, or its size in bytes if the kernel only writes it. */
export type BufferContents = Float32Array | Float16Array | Uint32Array | Int32Array | number;

/** A kernel bound to data, ready to run; dispose it to give its buffers back. */
export interface Launch<B extends string> {
  /** Submits the kernel `times` times at once, each with its copies to textures. */
  run(times?: number): void;
  /** Appends it to a recording, once. */
  record(recorder: Recorder): void;
  /** Waits for the work and reads a buffer back. @param latency `low` waits less, if it can, for a small buffer. */
  read(binding: B, latency?: Latency): Promise<Float32Array>;
  dispose(): void;
}

/** Binds `kernel` under `constants` to `buffers` and `params`. */
export async function prepareLaunch<F extends string, B extends string>(
  gpu: Gpu,
  kernel: Kernel<F, B>,
  { constants, params, buffers }: {
    constants?: Constants;
    params: Params<F>;
    buffers: Readonly<Record<B, BufferContents>>;
  },
): Promise<Launch<B>> {
  const { device } = gpu;
  const values = kernel.constants(constants);
  const grid = kernel.grid(params, values);
  const request = kernel.request(values);
  const { pipeline, layout } = await gpu.pipelines.compile(request.key, request);
  const uniform = device.createBuffer({ label: "params", size: Math.max(16, kernel.paramBytes), usage: 0x40 | 0x08 });
  const bytes = new DataView(new ArrayBuffer(Math.max(16, kernel.paramBytes)));
  kernel.writeParams(bytes, 0, params);
  device.queue.writeBuffer(uniform, 0, bytes.buffer);
  const bound = new Map<B, GPUBuffer>();
  for (const name of kernel.bindingNames) {
    const contents = buffers[name];
    const buffer = gpu.buffers.acquire(typeof contents === "number" ? contents : contents.byteLength, name);
    if (typeof contents !== "number" && contents.byteLength > 0) device.queue.writeBuffer(buffer, 0, contents.slice());
    bound.set(name, buffer);
  }
  const copies = (Object.entries(kernel.textures?.(params, values) ?? {}) as [B, TextureView][]).map(([name, view]) => {
    return { name, view, texture: gpu.textures.create(view, name) };
  });
  const resourceOf = (name: B): GPUBindingResource => {
    const copy = copies.find((one) => one.name === name);
    return copy === undefined ? { buffer: bound.get(name) as GPUBuffer } : copy.texture.createView();
  };
  const storage = kernel.bindingNames.map((name, i) => ({ binding: i + 1, resource: resourceOf(name) }));
  const bindGroup = device.createBindGroup({
    layout,
    entries: [{ binding: 0, resource: { buffer: uniform } }, ...storage],
  });
  const record = (recorder: Recorder) => {
    if (grid.includes(0)) return;
    for (const { name, view, texture } of copies) recorder.copyToTexture(bound.get(name) as GPUBuffer, view, texture);
    recorder.dispatch({ label: kernel.name, pipeline, bindGroup, grid });
  };
  return {
    run(times = 1) {
      const recorder = new Recorder(device);
      for (let i = 0; i < times; i++) record(recorder);
      recorder.submit();
    },
    record,
    async read(binding, latency) {
      const contents = buffers[binding];
      const size = typeof contents === "number" ? contents : contents.byteLength;
      const staging = gpu.staging.acquire(size, latency);
      return await gpu.scheduler.run({
        label: `the reading of ${binding}`,
        steps: [],
        encode() {
          const recorder = new Recorder(device);
          recorder.copy(bound.get(binding) as GPUBuffer, 0, staging, 0, size);
          return recorder.finish();
        },
        staging,
        bytes: size,
        latency,
        take: (mapped) => new Float32Array(mapped.slice(0, size)),
      });
    },
    dispose() {
      for (const buffer of bound.values()) gpu.buffers.release(buffer);
      for (const { texture } of copies) gpu.textures.destroy(texture);
      uniform.destroy();
    },
  };
}

/** Runs `kernel` once and returns the buffers named in `outputs`, as 32-bit floats (reinterpret the bits for integers). */
export async function launchKernel<F extends string, B extends string>(
  gpu: Gpu,
  kernel: Kernel<F, B>,
  call: { constants?: Constants; params: Params<F>; buffers: Readonly<Record<B, BufferContents>> },
  outputs: readonly B[],
): Promise<Float32Array[]> {
  const launch = await prepareLaunch(gpu, kernel, call);
  try {
    launch.run();
    const results: Float32Array[] = [];
    for (const name of outputs) results.push(await launch.read(name));
    return results;
  } finally {
    launch.dispose();
  }
}
