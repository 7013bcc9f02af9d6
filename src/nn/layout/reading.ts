/** Reads matrices of the GPU back as the checkpoint tensors that they are made of. */

import type { Gpu } from "../../gpu/device.ts";
import { Recorder } from "../../gpu/recorder.ts";
import { type GatheredTensor, gatherPlacement, type Placement } from "./placement.ts";
import type { WeightDtype } from "./upload.ts";

/** Bytes that are read back with one wait. */
const READ_BYTES = 64 * 1024 * 1024;

/** A matrix on the GPU. */
export interface StoredMatrix {
  readonly buffer: GPUBuffer;
  /** Bytes of the matrix, padding included. */
  readonly bytes: number;
  readonly dtype: WeightDtype;
  /** The tensors in it that are read. */
  readonly parts: readonly Placement[];
}

/**
 * Reads the tensors in some matrices, by name, as they are at one moment: all reads are queued at once, so no update comes
 * between them. There is a wait for every {@linkcode READ_BYTES}.
 */
export async function readTensors(gpu: Gpu, matrices: readonly StoredMatrix[]): Promise<Map<string, GatheredTensor>> {
  const tensors = new Map<string, GatheredTensor>();
  const reads: Promise<void>[] = [];
  for (let next = 0; next < matrices.length;) {
    const chunk: StoredMatrix[] = [];
    let bytes = 0;
    for (; next < matrices.length; next++) {
      const matrix = matrices[next] as StoredMatrix;
      if (chunk.length > 0 && bytes + matrix.bytes > READ_BYTES) break;
      chunk.push(matrix);
      bytes += matrix.bytes;
    }
    reads.push(readChunk(gpu, { chunk, bytes }, tensors));
  }
  await Promise.all(reads);
  return tensors;
}

/** Reads matrices of `bytes` bytes in all with one wait, and adds their tensors. */
async function readChunk(
  gpu: Gpu,
  { chunk, bytes }: { chunk: readonly StoredMatrix[]; bytes: number },
  tensors: Map<string, GatheredTensor>,
): Promise<void> {
  const staging = gpu.staging.acquire(bytes);
  await gpu.scheduler.run({
    label: "the reading of weights",
    steps: [],
    encode() {
      const recorder = new Recorder(gpu.device);
      let end = 0;
      for (const { buffer, bytes } of chunk) {
        recorder.copy(buffer, 0, staging, end, bytes);
        end += bytes;
      }
      return recorder.finish();
    },
    staging,
    bytes,
    take(mapped) {
      let start = 0;
      for (const { bytes, parts, dtype } of chunk) {
        const elements = dtype === "f16"
          ? new Float32Array(new Float16Array(mapped, start, bytes / 2))
          : new Float32Array(mapped, start, bytes / 4);
        for (const part of parts) gatherPlacement(part, elements, tensors);
        start += bytes;
      }
    },
  });
}
