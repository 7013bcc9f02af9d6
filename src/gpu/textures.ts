/**
 * Makes, counts and destroys the textures from which kernels of software adapters read matrices, four columns a texel.
 */

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

/** The textures of one buffer, and how often the buffer was written to since the first of them was made. */
interface WeightTextures {
  version: number;
  readonly textures: Map<string, OwnTexture>;
}

/** A weight's texture, and the version of the buffer that it holds; -1 before the first copy. */
interface OwnTexture extends WeightTexture {
  readonly owner: WeightTextures;
  held: number;
}

/**
 * Makes textures, and keeps those of weights as long as the weights. A recording that reads a weight's texture must
 * first copy the weight to it if it {@linkcode isStale}. Recordings run in the order in which they are made.
 */
export class TexturePool {
  readonly #device: GPUDevice;
  readonly #weights = new Map<GPUBuffer, WeightTextures>();
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

  /** Destroys a texture that was created here. Commands that are submitted already can still use it. */
  destroy(texture: GPUTexture): void {
    this.#liveBytes -= textureBytes(texture);
    texture.destroy();
  }

  /** The texture for a matrix in a buffer of weights; null if textures of weights take too much memory already. */
  weight(buffer: GPUBuffer, view: TextureView): WeightTexture | null {
    const { offset, stride, columns, rows } = view;
    const key = [offset, stride, columns, rows].join();
    const known = this.#weights.get(buffer)?.textures.get(key);
    if (known !== undefined) return known;
    if (this.#weightBytes + 4 * columns * rows > WEIGHT_BYTES) return null;
    const texture = this.create(view, buffer.label);
    this.#weightBytes += textureBytes(texture);
    let owner = this.#weights.get(buffer);
    if (owner === undefined) this.#weights.set(buffer, owner = { version: 0, textures: new Map() });
    const weight: OwnTexture = { texture, buffer, view, owner, held: -1 };
    owner.textures.set(key, weight);
    return weight;
  }

  /** Whether a weight's texture will differ from its buffer when the work recorded so far is done. */
  isStale(weight: WeightTexture): boolean {
    const { held, owner } = weight as OwnTexture;
    return held !== owner.version;
  }

  /** Notes that a weight's texture is copied in the work recorded so far. */
  copied(weight: WeightTexture): void {
    const own = weight as OwnTexture;
    own.held = own.owner.version;
  }

  /** Notes that a copy may not have been made: recorded work was dropped. */
  forgetCopy(weight: WeightTexture): void {
    (weight as OwnTexture).held = -1;
  }

  /** Notes that recorded work writes to a buffer. If it holds weights, their textures are stale from now on. */
  changed(buffer: GPUBuffer): void {
    const own = this.#weights.get(buffer);
    if (own !== undefined) own.version++;
  }

  /** Destroys a weight's texture that no program uses yet. */
  discard(weight: WeightTexture): void {
    const own = this.#weights.get(weight.buffer)?.textures;
    for (const [key, known] of own ?? []) {
      if (known !== weight) continue;
      own?.delete(key);
      this.#weightBytes -= textureBytes(weight.texture);
      this.destroy(weight.texture);
    }
  }

  /** Destroys the textures of a buffer whose weights are about to be freed. */
  forget(buffer: GPUBuffer): void {
    for (const { texture } of this.#weights.get(buffer)?.textures.values() ?? []) {
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
