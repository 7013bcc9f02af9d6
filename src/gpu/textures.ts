/** Textures that kernels of software adapters read matrices from, a texel for four columns: made, counted, destroyed here. */

/** Where a matrix lies in a buffer, in elements of 32 bits; all multiples of 4. */
export interface TextureView {
  readonly offset: number;
  /** Distance of rows, a multiple of 64. */
  readonly stride: number;
  readonly columns: number;
  readonly rows: number;
}

/** Copied to, and read by kernels. */
const TEXTURE_USAGE = 0x02 | 0x04;

/** Most bytes of textures that hold weights; what is beyond is copied for every call. */
const WEIGHT_BYTES = 256 * 1024 * 1024;

/** Makes textures, and keeps those of weights, which never change, as long as the weights. */
export class TexturePool {
  readonly #device: GPUDevice;
  readonly #weights = new Map<GPUBuffer, Map<string, GPUTexture>>();
  #liveBytes = 0;
  #weightBytes = 0;

  constructor(device: GPUDevice) {
    this.#device = device;
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

  /** Destroys a texture that was created here; commands already submitted still find it. */
  destroy(texture: GPUTexture): void {
    this.#liveBytes -= textureBytes(texture);
    texture.destroy();
  }

  /** The texture of a matrix in a buffer of weights, copied once; null where there are too many already. */
  weight(buffer: GPUBuffer, view: TextureView): GPUTexture | null {
    const { offset, stride, columns, rows } = view;
    let own = this.#weights.get(buffer);
    const key = [offset, stride, columns, rows].join();
    const known = own?.get(key);
    if (known !== undefined) return known;
    if (this.#weightBytes + 4 * columns * rows > WEIGHT_BYTES) return null;
    const texture = this.create(view, buffer.label);
    this.#weightBytes += textureBytes(texture);
    if (own === undefined) this.#weights.set(buffer, own = new Map());
    own.set(key, texture);
    const encoder = this.#device.createCommandEncoder();
    copyToTexture(encoder, { buffer, view, texture });
    this.#device.queue.submit([encoder.finish()]);
    return texture;
  }

  /** Destroys the textures of weights that are to leave a buffer. */
  forget(buffer: GPUBuffer): void {
    for (const texture of this.#weights.get(buffer)?.values() ?? []) {
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
