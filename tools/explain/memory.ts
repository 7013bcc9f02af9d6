/** What the values of a recorded call held when its kernels read them. */

import type { Gpu } from "../../src/gpu/device.ts";
import type { Recording } from "../../src/graph/program/recording.ts";
import type { Step } from "../../src/graph/program/steps.ts";
import type { InputData } from "../../src/graph/program/upload.ts";
import type { Value } from "../../src/graph/value.ts";

const MAP_READ = 0x1;
const COPY_DST = 0x8;

/** Contents of the values that the kernels of a call read. */
export class Memory {
  readonly #recording: Recording;
  readonly #before: ReadonlyMap<Value, InputData>;

  private constructor(recording: Recording, before: ReadonlyMap<Value, InputData>) {
    this.#recording = recording;
    this.#before = before;
  }

  /** Reads back the weights and residents that the call read and did not update, which hold what they held then. */
  static async read(gpu: Gpu, recording: Recording): Promise<Memory> {
    const { steps, values, residents } = recording;
    const read = new Set(
      steps.filter(({ isEmpty }) => !isEmpty).flatMap((step) => readValues(step).map(([, value]) => value)),
    );
    const buffers = [...read].flatMap((value): [Value, GPUBuffer][] => {
      const { storage } = value;
      if (values.has(value)) return [];
      if (storage.kind === "parameter") return [[value, storage.parameter.buffer]];
      return storage.kind === "resident" ? [[value, residents[storage.name] as GPUBuffer]] : [];
    });
    const contents = await readBuffers(gpu, buffers.map(([, buffer]) => buffer));
    return new Memory(recording, new Map(buffers.map(([value], i) => [value, numbersOf(contents[i]!, value)])));
  }

  /**
   * A value as it was written: by its node, by the call's upload, or before the call. 16-bit weights are converted to
   * f32.
   *
   * @throws {Error} If the call did not read it.
   */
  contents(value: Value): InputData {
    const { values, inputs } = this.#recording;
    const { storage } = value;
    const sent = storage.kind === "upload" ? storage.data ?? inputs[storage.name] : undefined;
    const contents = values.get(value) ?? sent ?? this.#before.get(value);
    if (contents === undefined) throw new Error(`Cannot replay a call: "${value.path}" was not recorded`);
    return contents;
  }
}

/** The values that a step reads, by binding; of what it updates, the version before. */
export function readValues({ node, kernel }: Step): [binding: string, value: Value][] {
  return kernel.bindingNames.filter((name) => kernel.bindings[name] !== "write").map((name) => {
    const bound = node.bindings[name] as Value;
    const before = node.updates.find(({ storage }) => storage === bound.storage);
    return [name, kernel.bindings[name] === "update" ? before as Value : bound];
  });
}

function numbersOf(bytes: ArrayBuffer, { dtype }: Value): InputData {
  if (dtype === "f16") return new Float32Array(new Float16Array(bytes));
  return dtype === "u32" ? new Uint32Array(bytes) : new Float32Array(bytes);
}

/** Reads whole buffers back, with one submission and one wait. */
async function readBuffers({ device }: Gpu, buffers: readonly GPUBuffer[]): Promise<ArrayBuffer[]> {
  const encoder = device.createCommandEncoder();
  const copies = buffers.map((buffer) => {
    const copy = device.createBuffer({ size: buffer.size, usage: MAP_READ | COPY_DST });
    encoder.copyBufferToBuffer(buffer, 0, copy, 0, buffer.size);
    return copy;
  });
  device.queue.submit([encoder.finish()]);
  return await Promise.all(copies.map(async (copy) => {
    await copy.mapAsync(MAP_READ);
    const bytes = copy.getMappedRange().slice(0);
    copy.destroy();
    return bytes;
  }));
}
