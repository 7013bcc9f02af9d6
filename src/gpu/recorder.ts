/** Records dispatches, in as few compute passes as possible, and copies. */

import type { Profiler } from "./profiler.ts";
import { copyToTexture, type TextureView } from "./textures.ts";

/** One dispatch. */
export interface Dispatch {
  /** Label for profiles. */
  label: string;
  pipeline: GPUComputePipeline;
  bindGroup: GPUBindGroup;
  /** Workgroups in x, y, z. */
  grid: readonly [number, number, number];
}

/** A command encoder that keeps one compute pass open until a copy needs it closed. */
export class Recorder {
  readonly #device: GPUDevice;
  readonly #encoder: GPUCommandEncoder;
  readonly #profiler: Profiler | null;
  #pass: GPUComputePassEncoder | null = null;

  /** @param profiler If given, times every dispatch; each then has a pass of its own. */
  constructor(device: GPUDevice, profiler: Profiler | null = null) {
    this.#device = device;
    this.#encoder = device.createCommandEncoder();
    this.#profiler = profiler;
  }

  /** Appends a dispatch; one with an empty grid is left out. */
  dispatch({ label, pipeline, bindGroup, grid: [x, y, z] }: Dispatch): void {
    if (x === 0 || y === 0 || z === 0) return;
    if (this.#profiler !== null) {
      this.#endPass();
      const timestampWrites = this.#profiler.next(label);
      if (timestampWrites !== undefined) this.#pass = this.#encoder.beginComputePass({ timestampWrites });
    }
    this.#pass ??= this.#encoder.beginComputePass();
    this.#pass.setPipeline(pipeline);
    this.#pass.setBindGroup(0, bindGroup);
    this.#pass.dispatchWorkgroups(x, y, z);
  }

  /** Appends a copy between buffers; offsets and size in bytes, multiples of 4. */
  copy(from: GPUBuffer, fromOffset: number, to: GPUBuffer, toOffset: number, bytes: number): void {
    if (bytes === 0) return;
    this.#endPass();
    this.#encoder.copyBufferToBuffer(from, fromOffset, to, toOffset, bytes);
  }

  /** Appends a copy of a matrix in a buffer to a texture. */
  copyToTexture(buffer: GPUBuffer, view: TextureView, texture: GPUTexture): void {
    this.#endPass();
    copyToTexture(this.#encoder, { buffer, view, texture });
  }

  /** Writes a timestamp here, by a pass that does nothing else. */
  stamp(timestampWrites: GPUComputePassTimestampWrites): void {
    this.#endPass();
    this.#encoder.beginComputePass({ timestampWrites }).end();
  }

  /** Ends the recording. @param profiler The profiler whose timestamps were written; by default the recorder's own. */
  finish(profiler: Profiler | null = this.#profiler): GPUCommandBuffer {
    this.#endPass();
    profiler?.resolve(this.#encoder);
    return this.#encoder.finish();
  }

  /** Ends the recording and submits it by itself. */
  submit(profiler: Profiler | null = this.#profiler): void {
    this.#device.queue.submit([this.finish(profiler)]);
  }

  #endPass(): void {
    this.#pass?.end();
    this.#pass = null;
  }
}
