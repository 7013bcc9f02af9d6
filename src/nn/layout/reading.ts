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
  await Promise.all(chunksOf(matrices).map((chunk) => readChunk(gpu, chunk, tensors)));
  return tensors;
}

/**
 * Reads the tensors in some matrices one after the other, each once all matrices that hold rows of it have come. Memory
 * holds those of {@linkcode READ_BYTES}, or the largest, not all. Updates may come between them.
 */
export async function* eachTensor(
  gpu: Gpu,
  matrices: readonly StoredMatrix[],
): AsyncGenerator<[name: string, tensor: GatheredTensor]> {
  const missing = new Map<string, number>(); // matrices that are still to come
  for (const { parts } of matrices) {
    for (const name of namesOf(parts)) missing.set(name, (missing.get(name) ?? 0) + 1);
  }
  const tensors = new Map<string, GatheredTensor>();
  for (const chunk of chunksOf(matrices)) {
    await readChunk(gpu, chunk, tensors);
    for (const name of chunk.matrices.flatMap(({ parts }) => namesOf(parts))) {
      const count = missing.get(name)! - 1;
      missing.set(name, count);
      if (count > 0) continue;
      const tensor = tensors.get(name)!;
      tensors.delete(name);
      yield [name, tensor];
    }
  }
}

function namesOf(parts: readonly Placement[]): string[] {
  return [...new Set(parts.map(({ name }) => name))];
}

/** Matrices that are read with one wait, of `bytes` bytes in all. */
interface Chunk {
  readonly matrices: StoredMatrix[];
  bytes: number;
}

function chunksOf(matrices: readonly StoredMatrix[]): Chunk[] {
  const chunks: Chunk[] = [];
  for (const matrix of matrices) {
    const last = chunks.at(-1);
    if (last === undefined || last.bytes + matrix.bytes > READ_BYTES) {
      chunks.push({ matrices: [matrix], bytes: matrix.bytes });
      continue;
    }
    last.matrices.push(matrix);
    last.bytes += matrix.bytes;
  }
  return chunks;
}

/** Reads the matrices of a chunk, and adds their tensors. */
async function readChunk(
  gpu: Gpu,
  { matrices, bytes }: Chunk,
  tensors: Map<string, GatheredTensor>,
): Promise<void> {
  const staging = gpu.staging.acquire(bytes);
  await gpu.scheduler.run({
    label: "the reading of weights",
    steps: [],
    encode() {
      const recorder = new Recorder(gpu.device);
      let end = 0;
      for (const { buffer, bytes } of matrices) {
        recorder.copy(buffer, 0, staging, end, bytes);
        end += bytes;
      }
      return recorder.finish();
    },
    staging,
    bytes,
    take(mapped) {
      let start = 0;
      for (const { bytes, parts, dtype } of matrices) {
        const elements = dtype === "f16"
          ? new Float32Array(new Float16Array(mapped, start, bytes / 2))
          : new Float32Array(mapped, start, bytes / 4);
        for (const part of parts) gatherPlacement(part, elements, tensors);
        start += bytes;
      }
    },
  });
}
