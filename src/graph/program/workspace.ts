/**
 * Owns a program's buffers, textures and bind groups. A call that fits the current capacity reuses them; a larger one
 * reallocates with headroom.
 *
 * What one program holds is at most three times what the largest of its calls needs, one call at a time. The programs of
 * a model are bounded one by one: calls of different kinds take turns, and would reallocate each time if they shared.
 */

import { bufferSize } from "../../gpu/buffers.ts";
import type { Gpu } from "../../gpu/device.ts";
import { textureBytes, type WeightTexture } from "../../gpu/textures.ts";
import { allocate, type Allocation, ownValues, planAt } from "./allocation.ts";
import { bindGroupOf, type LayoutOf, makeBindGroup } from "./bind_groups.ts";
import { bytesAt, type Counts, Headroom, Products } from "../capacity.ts";
import type { Graph } from "../graph.ts";
import type { Residents } from "./residents.ts";
import { bytesOf, dimsOf, type Scalars } from "../shape.ts";
import type { Step } from "./steps.ts";
import {
  areThere,
  bytesOfTextures,
  growTextures,
  holdsTexture,
  replaceTextures,
  sizesOf,
  texturesFor,
  type TextureSizes,
  type TextureUse,
} from "./textures.ts";
import type { Value } from "../value.ts";

/** What a call needs. */
export interface Demand {
  readonly scalars: Scalars;
  readonly steps: readonly Step[];
  readonly residents: Residents;
}

/** The sizes of a call. */
type Sizes = Pick<Demand, "scalars" | "steps">;

/** The memory of one program. */
export class Workspace {
  readonly #gpu: Gpu;
  readonly #graph: Graph;
  readonly #layoutOf: LayoutOf;
  readonly #products: Products;
  readonly #headroom: Headroom;
  #allocation: Allocation | null = null;
  #generation = 0;
  /** The textures of weights that an attempt to allocate has made; null if none is made. */
  #newWeights: WeightTexture[] | null = null;

  /** @param layoutOf The bind group layout of a step. */
  constructor(gpu: Gpu, graph: Graph, layoutOf: LayoutOf) {
    this.#gpu = gpu;
    this.#graph = graph;
    this.#layoutOf = layoutOf;
    this.#products = new Products([...ownValues(graph), ...graph.outputs.values()]);
    this.#headroom = this.#newHeadroom();
  }

  /** Changes whenever buffers, textures or bind groups do. What was looked up before may then be destroyed. */
  get generation(): number {
    return this.#generation;
  }

  /** Bytes of all buffers and textures. */
  get bytes(): number {
    if (this.#allocation === null) return 0;
    const { upload, buffers, textures, replaced } = this.#allocation;
    const ofTextures = [...textures.values(), ...replaced].reduce((sum, texture) => sum + textureBytes(texture), 0);
    return buffers.reduce((sum, buffer) => sum + buffer.size, upload.size + ofTextures);
  }

  /**
   * Bytes of all buffers and textures once calls of these sizes were made in turn, if nothing was allocated before.
   *
   * @throws {RangeError} If the device cannot hold one of them.
   */
  bytesFor(calls: readonly Sizes[]): number {
    const headroom = this.#newHeadroom();
    let capacity: Counts | null = null;
    let textures: TextureSizes = new Map();
    for (const { scalars, steps } of calls) {
      const wanted = texturesFor(steps, ({ value }) => this.#isKept(value));
      if (capacity === null || !this.#products.fit(scalars, capacity)) {
        capacity = this.#choose(headroom, { scalars, steps }, capacity);
        textures = new Map();
      }
      textures = this.#grow(textures, wanted, { headroom, scalars, capacity });
    }
    if (capacity === null) return 0;
    const { upload, buffers } = this.#sizesAt(capacity);
    return upload + buffers + bytesOfTextures(textures);
  }

  /** Allocates what a call lacks, and waits for the device's errors. After an error nothing is kept. */
  prepare(demand: Demand): Promise<void> {
    return this.#gpu.allocating(async () => {
      if (this.isReady(demand) || await this.#try(demand, this.#headroom) === null) return;
      const refusal = await this.#try(demand, null);
      if (refusal !== null) throw refusal;
    });
  }

  /** The memory for a call; what it lacks is allocated, with headroom. */
  ensure(demand: Demand): Allocation {
    return this.#ensure(demand, this.#headroom);
  }

  /** Adds textures and bind groups that a call lacks to memory that is large enough for it. */
  complete(allocation: Allocation, demand: Demand): Allocation {
    return this.#complete(allocation, demand, this.#headroom);
  }

  /** Whether new calls run in this allocation. */
  isPresent(allocation: Allocation): boolean {
    return allocation === this.#allocation;
  }

  /** Keeps an allocation, even if the workspace releases it, until the returned function is called. */
  hold(allocation: Allocation): () => void {
    allocation.users++;
    return () => {
      allocation.users--;
      if (allocation.users === 0) {
        for (const texture of allocation.replaced.splice(0)) this.#gpu.textures.destroy(texture);
      }
      this.#giveBack(allocation);
    };
  }

  /** Whether a call has all that it needs. */
  isReady({ scalars, steps, residents }: Demand): boolean {
    const allocation = this.#allocation;
    return allocation !== null && this.#products.fit(scalars, allocation.capacity) &&
      steps.every((step) =>
        bindGroupOf(allocation, step, residents) !== undefined &&
        (step.views === null || step.views.every(([name, view]) => holdsTexture(allocation, { step, name, view })))
      );
  }

  /** Releases the memory when the calls that hold it have finished. */
  release(): void {
    const allocation = this.#allocation;
    if (allocation === null) return;
    this.#generation++;
    this.#allocation = null;
    this.#giveBack(allocation);
  }

  /**
   * Allocates, and waits for the device's errors.
   *
   * @param headroom Null for no byte more than the call needs.
   * @return Why there is no memory; null if there is.
   */
  async #try(demand: Demand, headroom: Headroom | null): Promise<unknown> {
    const newWeights: WeightTexture[] = [];
    const work = () => {
      this.#newWeights = newWeights;
      try {
        this.#ensure(demand, headroom);
      } finally {
        this.#newWeights = null;
      }
    };
    try {
      await this.#gpu.scoped("make room for a batch on the GPU", work, { cure: "use a smaller batch" });
      return null;
    } catch (error) {
      if (this.#allocation !== null) {
        this.#headroom.refuse(this.bytes);
        this.#allocation.isBroken = true;
      }
      for (const weight of newWeights) this.#gpu.textures.discard(weight);
      this.release();
      this.#gpu.buffers.trim(); // Also of buffers that were acquired before one failed.
      return error;
    }
  }

  #ensure(demand: Demand, headroom: Headroom | null): Allocation {
    if (this.isReady(demand)) return this.#allocation as Allocation;
    return this.#complete(this.#atSizes(demand, headroom), demand, headroom);
  }

  #complete(allocation: Allocation, demand: Demand, headroom: Headroom | null): Allocation {
    this.#generation++;
    const { scalars, steps, residents } = demand;
    const wanted = texturesFor(steps, (use) => this.#findWeight(allocation, use));
    const textures = this.#grow(sizesOf(allocation), wanted, { headroom, scalars, capacity: allocation.capacity });
    replaceTextures(this.#gpu.textures, allocation, textures);
    for (const step of steps) {
      if (bindGroupOf(allocation, step, residents) !== undefined) continue;
      makeBindGroup(this.#gpu, allocation, { step, residents, layout: this.#layoutOf(step) });
    }
    return allocation;
  }

  #atSizes(demand: Demand, headroom: Headroom | null): Allocation {
    const current = this.#allocation;
    if (current !== null && this.#products.fit(demand.scalars, current.capacity)) return current;
    const capacity = this.#choose(headroom, demand, current?.capacity ?? null);
    this.release();
    const allocation = allocate(this.#gpu, this.#graph, capacity);
    this.#allocation = allocation;
    return allocation;
  }

  #newHeadroom(): Headroom {
    return new Headroom({
      bytesAt: (counts) => this.#callBytes(counts),
      isAllowed: (counts) => {
        const { largest } = this.#gpu.buffers;
        return ownValues(this.#graph).every((value) => bytesAt(value, counts) <= largest) &&
          this.#sizesAt(counts).upload <= largest;
      },
    });
  }

  /** The capacity for a call that does not fit. @throws {RangeError} If the device cannot hold one of its tensors. */
  #choose(headroom: Headroom | null, { scalars, steps }: Sizes, earlier: Counts | null): Counts {
    const tooLarge = this.#beyondLimits(scalars);
    if (tooLarge !== undefined) throw this.#tooLarge(tooLarge, scalars);
    const wanted = this.#products.in(scalars);
    const textures = texturesFor(steps, ({ value }) => this.#isKept(value));
    return headroom?.choose(wanted, { earlier, textures: bytesOfTextures(textures) }) ?? wanted;
  }

  /** The textures for a call, in place of the present ones. */
  #grow(
    present: TextureSizes,
    wanted: TextureSizes,
    { headroom, scalars, capacity }: { headroom: Headroom | null; scalars: Scalars; capacity: Counts },
  ): TextureSizes {
    if (areThere(wanted, present)) return present;
    if (headroom === null) return wanted;
    headroom.note(this.#callBytes(this.#products.in(scalars)) + bytesOfTextures(wanted));
    return growTextures(present, wanted, headroom.bound - this.#callBytes(capacity));
  }

  /** Bytes of buffers at a capacity. */
  #sizesAt(counts: Counts): { upload: number; buffers: number } {
    const { layout, plan } = planAt(this.#graph, counts, this.#gpu.limits);
    const buffers = plan.bufferBytes.reduce((sum, bytes) => sum + bufferSize(bytes), 0);
    return { upload: bufferSize(layout.bytes), buffers };
  }

  /** Bytes of buffers that a call takes: the program's, and one for the uploads of the call. */
  #callBytes(counts: Counts): number {
    const { upload, buffers } = this.#sizesAt(counts);
    return 2 * upload + buffers;
  }

  /** Whether textures of a value are kept as long as the weights that it is. */
  #isKept({ storage }: Value): boolean {
    return storage.kind === "parameter" && !this.#graph.isUpdated(storage);
  }

  /** Looks up the texture of a weight. If there is none, the step copies the weight to one of the program's own. */
  #findWeight({ weights }: Allocation, { step, name, view, value }: TextureUse): boolean {
    const { storage } = value;
    if (storage.kind !== "parameter" || !this.#isKept(value)) return false;
    const known = weights[step.index] as Allocation["weights"][number];
    if (known[name] !== undefined) return true;
    const { textures } = this.#gpu;
    const before = textures.weightBytes;
    const weight = textures.weight(storage.parameter.buffer, view);
    if (weight === null) return false;
    if (textures.weightBytes > before) this.#newWeights?.push(weight);
    known[name] = weight;
    return true;
  }

  /** A tensor that no buffer of this device can hold at these sizes, if there is one. */
  #beyondLimits(sizes: Scalars): Value | undefined {
    const limit = this.#gpu.buffers.largest;
    return ownValues(this.#graph).find(({ shape, layout }) => bytesOf(shape, layout, sizes) > limit);
  }

  #tooLarge({ path, shape, layout }: Value, sizes: Scalars): RangeError {
    const bytes = bytesOf(shape, layout, sizes);
    return new RangeError(
      `Cannot run the model: "${path}" [${dimsOf(shape, sizes).join(", ")}] needs ${bytes} bytes in one buffer, ` +
        `this device allows ${this.#gpu.buffers.largest}; use a smaller batch`,
    );
  }

  #giveBack(allocation: Allocation): void {
    if (allocation.users > 0 || this.isPresent(allocation)) return;
    this.#gpu.buffers.release(allocation.upload);
    for (const buffer of allocation.buffers) this.#gpu.buffers.release(buffer);
    for (const texture of allocation.textures.values()) this.#gpu.textures.destroy(texture);
    if (allocation.isBroken) this.#gpu.buffers.trim(); // A buffer that does not work must not be lent again.
  }
}
