/** Records dispatches, in as few compute passes as possible, and copies. */

import { KernelRecording, type KernelStore, type KernelWork, noteTimed } from "./profiling/kernel_store.ts";
import type { TimestampSet } from "./profiling/timestamps.ts";
import { copyToTexture, type TextureView } from "./textures.ts";

/** One dispatch. */
export interface Dispatch {
  /** Label for profiles. */
  label: string;
  pipeline: GPUComputePipeline;
  bindGroup: GPUBindGroup;
  /** Workgroups in x, y, z. */
  grid: readonly [number, number, number];
  /** What it computes, for profiles. */
  work?: KernelWork;
}

/** A command encoder that keeps one compute pass open until a copy needs it closed. */
export class Recorder {
  readonly #device: GPUDevice;
  readonly #encoder: GPUCommandEncoder;
  /** The dispatches that are timed; null if none are. */
  readonly #timing: KernelRecording | null;
  #pass: GPUComputePassEncoder | null = null;

  /** @param times If given, gets the time of every dispatch; each then has a pass of its own. */
  constructor(device: GPUDevice, times: KernelStore | null = null) {
    this.#device = device;
    this.#encoder = device.createCommandEncoder();
    this.#timing = times === null ? null : new KernelRecording(times);
  }

  /** Appends a dispatch; one with an empty grid is left out. */
  dispatch({ label, pipeline, bindGroup, grid: [x, y, z], work }: Dispatch): void {
    if (x === 0 || y === 0 || z === 0) return;
    if (this.#timing !== null) {
      this.#endPass();
      this.#pass = this.#encoder.beginComputePass({ timestampWrites: this.#timing.next(label, work ?? null) });
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

  /** Appends what makes the first `count` timestamps of a set readable. */
  resolve(set: TimestampSet, count: number): void {
    this.#endPass();
    set.resolve(this.#encoder, count);
  }

  /** Ends the recording. */
  finish(): GPUCommandBuffer {
    this.#endPass();
    this.#timing?.resolve(this.#encoder);
    const commands = this.#encoder.finish();
    if (this.#timing !== null) noteTimed(commands, this.#timing);
    return commands;
  }

  /** Ends the recording and submits it by itself. */
  submit(): void {
    const at = performance.now();
    this.#device.queue.submit([this.finish()]);
    this.#timing?.submitted({ at, done: null });
  }

  #endPass(): void {
    this.#pass?.end();
    this.#pass = null;
  }
}
