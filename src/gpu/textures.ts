/**
 * Makes, counts and destroys the textures from which kernels of software adapters read matrices, four columns a texel.
 */

import type { BufferVersions } from "./buffer_versions.ts";

/** Where a matrix lies in a buffer, in elements of 32 bits. Offset, stride and columns are multiples of 4. */
export interface TextureView {
  readonly offset: number;
  /** Distance of rows, a multiple of 64. */
  readonly stride: number;
  readonly columns: number;
  readonly rows: number;
}

/** COPY_DST | TEXTURE_BINDING: copied to, and read by kernels. */
const TEXTURE_USAGE = 0x02 | 0x04;

/** Most bytes of textures that hold weights. Weights beyond that are copied for every call. */
const WEIGHT_BYTES = 256 * 1024 * 1024;

/** A texture that holds a matrix of a buffer of weights. */
export interface WeightTexture {
  readonly texture: GPUTexture;
  readonly buffer: GPUBuffer;
  readonly view: TextureView;
}

/** A weight's texture, and the version of the buffer that it holds; -1 before the first copy. */
interface OwnTexture extends WeightTexture {
  held: number;
}

/**
 * Makes textures, and keeps those of weights as long as the weights. A recording that reads a weight's texture must
 * first copy the weight to it if it {@linkcode isStale}. Recordings run in the order in which they are made.
 */
export class TexturePool {
  readonly #device: GPUDevice;
  readonly #versions: BufferVersions;
  /** The textures of each buffer of weights. */
  readonly #weights = new Map<GPUBuffer, Map<string, OwnTexture>>();
  #liveBytes = 0;
  #weightBytes = 0;

  /** @param versions How often each buffer of weights was written to. */
  constructor(device: GPUDevice, versions: BufferVersions) {
    this.#device = device;
    this.#versions = versions;
  }

  /** Bytes of all textures. */
  get liveBytes(): number {
    return this.#liveBytes;
  }

  /** Bytes of the textures that hold weights. */
  get weightBytes(): number {
    return this.#weightBytes;
  }

  /** A texture for matrices of `columns` columns and up to `rows` rows, at least one of each. */
  create({ columns, rows }: { columns: number; rows: number }, label: string): GPUTexture {
    const size = [Math.max(1, columns / 4), Math.max(1, rows)];
    const texture = this.#device.createTexture({ label, size, format: "rgba32float", usage: TEXTURE_USAGE });
    this.#liveBytes += textureBytes(texture);
    return texture;
  }

  /** Destroys a texture that was created here. Commands that are submitted already can still use it. */
  destroy(texture: GPUTexture): void {
    this.#liveBytes -= textureBytes(texture);
    texture.destroy();
  }

  /** The texture for a matrix in a buffer of weights; null if textures of weights take too much memory already. */
  weight(buffer: GPUBuffer, view: TextureView): WeightTexture | null {
    const { offset, stride, columns, rows } = view;
    const key = [offset, stride, columns, rows].join();
    const known = this.#weights.get(buffer)?.get(key);
    if (known !== undefined) return known;
    if (this.#weightBytes + 4 * columns * rows > WEIGHT_BYTES) return null;
    const texture = this.create(view, buffer.label);
    this.#weightBytes += textureBytes(texture);
    let own = this.#weights.get(buffer);
    if (own === undefined) this.#weights.set(buffer, own = new Map());
    const weight: OwnTexture = { texture, buffer, view, held: -1 };
    own.set(key, weight);
    return weight;
  }

  /** Whether a weight's texture will differ from its buffer when the work recorded so far is done. */
  isStale(weight: WeightTexture): boolean {
    return (weight as OwnTexture).held !== this.#versions.of(weight.buffer);
  }

  /** Notes that a weight's texture is copied in the work recorded so far. */
  copied(weight: WeightTexture): void {
    (weight as OwnTexture).held = this.#versions.of(weight.buffer);
  }

  /** Notes that a copy may not have been made: recorded work was dropped. */
  forgetCopy(weight: WeightTexture): void {
    (weight as OwnTexture).held = -1;
  }

  /** Destroys a weight's texture that no program uses yet. */
  discard(weight: WeightTexture): void {
    const own = this.#weights.get(weight.buffer);
    for (const [key, known] of own ?? []) {
      if (known !== weight) continue;
      own?.delete(key);
      this.#weightBytes -= textureBytes(weight.texture);
      this.destroy(weight.texture);
    }
  }

  /** Destroys the textures of a buffer whose weights are about to be freed. */
  forget(buffer: GPUBuffer): void {
    for (const { texture } of this.#weights.get(buffer)?.values() ?? []) {
      this.#weightBytes -= textureBytes(texture);
      this.destroy(texture);
    }
    this.#weights.delete(buffer);
  }
}

/** Appends the copy of a matrix in a buffer to a texture. */
export function copyToTexture(
  encoder: GPUCommandEncoder,
  { buffer, view: { offset, stride, columns, rows }, texture }: {
    buffer: GPUBuffer;
    view: TextureView;
    texture: GPUTexture;
  },
): void {
  const from = { buffer, offset: 4 * offset, bytesPerRow: 4 * stride };
  encoder.copyBufferToTexture(from, { texture }, [columns / 4, rows]);
}

/** Bytes of a texture's texels. */
export function textureBytes({ width, height }: GPUTexture): number {
  return 16 * width * height;
}
