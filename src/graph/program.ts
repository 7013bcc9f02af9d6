/**
 * A compiled graph: traced once, replayed for every call.
 *
 * A call whose sizes fit the current capacity creates no buffer, no bind group and no pipeline: it writes one buffer of
 * sizes and inputs, encodes the dispatches, submits once and waits once.
 */

import type { Gpu } from "../gpu/device.ts";
import type { Pipeline } from "../gpu/pipelines.ts";
import type { Profiler } from "../gpu/profiler.ts";
import { Recorder } from "../gpu/recorder.ts";
import { type Grid, type Params, pitch } from "../kernels/kernel.ts";
import { type Graph, type Node, outputsOf, type Value } from "./graph.ts";
import { type MemoryPlan, planMemory } from "./memory_plan.ts";
import { bytesOf, type Dim, dimsOf, rowsOf, type Sizes } from "./shape.ts";
import { fillUploads, type InputData, layoutUploads, type UploadLayout } from "./upload.ts";

/** What a run takes. */
export interface RunOptions {
  /** A size for every symbol. */
  sizes: Sizes;
  /** Data for every input. */
  inputs: Readonly<Record<string, InputData>>;
  /** Times every dispatch. */
  profiler?: Profiler | null;
  /** Stops before the work is submitted, or drops its result. */
  signal?: AbortSignal | undefined;
}

/** A result on the CPU, without row padding. */
export interface RunOutput {
  data: Float32Array | Uint32Array;
  dims: number[];
}

/** Buffers and bind groups at one capacity. */
interface Allocation {
  capacities: Sizes;
  layout: UploadLayout;
  plan: MemoryPlan;
  upload: GPUBuffer;
  uploadBytes: ArrayBuffer;
  buffers: GPUBuffer[];
  bindGroups: GPUBindGroup[];
}

/** Replays a graph on a device. Calls may overlap. */
export class Program {
  readonly #gpu: Gpu;
  readonly #graph: Graph;
  readonly #symbols: ReadonlySet<string>;
  readonly #pipelines: (Pipeline | undefined)[][];
  #allocation: Allocation | null = null;
  #active = 0;
  #disposed = false;

  constructor(gpu: Gpu, graph: Graph) {
    this.#gpu = gpu;
    this.#graph = graph;
    this.#symbols = symbolsOf(graph);
    this.#pipelines = graph.nodes.map((node) => node.variants.map(() => undefined));
  }

  /** Number of kernel calls. */
  get dispatches(): number {
    return this.#graph.nodes.length;
  }

  /** Bytes of this program's own buffers. */
  get bytes(): number {
    const { upload, buffers = [] } = this.#allocation ?? {};
    return buffers.reduce((sum, buffer) => sum + buffer.size, upload?.size ?? 0);
  }

  /**
   * Runs the graph and returns its named outputs.
   *
   * @throws {RangeError} If a buffer or a grid would exceed the device's limits.
   * @throws {DeviceLostError} If the device is lost before the results are here.
   */
  async run(options: RunOptions): Promise<Map<string, RunOutput>> {
    options.signal?.throwIfAborted();
    if (this.#disposed) throw new Error("Cannot run the model: it was disposed");
    this.#active++;
    try {
      return await this.#gpu.watch(() => this.#run(options));
    } finally {
      this.#active--;
      if (this.#disposed && this.#active === 0) this.#release();
    }
  }

  /** Gives all buffers back, after the runs under way. */
  dispose(): void {
    this.#disposed = true;
    if (this.#active === 0) this.#release();
  }

  async #run(options: RunOptions): Promise<Map<string, RunOutput>> {
    const { sizes, signal } = options;
    const picks = this.#graph.nodes.map((node) => node.pick(sizes));
    await this.#compile(picks);
    signal?.throwIfAborted();
    const params = this.#graph.nodes.map((node) => node.params(sizes));
    const grids = this.#graph.nodes.map((node, i) =>
      node.kernel.grid(params[i] as Params, node.variants[picks[i] as number] as Node["variants"][number])
    );
    await this.#makeRoom(sizes);
    const allocation = this.#allocate(sizes);
    const outputs = placeOutputs(this.#graph, sizes);
    const used = fillUploads(this.#graph, allocation.layout, allocation.uploadBytes, { ...options, params });
    const roomy = placeOutputs(this.#graph, allocation.capacities).bytes;
    const staging = this.#gpu.staging.acquire(roomy <= this.#gpu.limits.maxBufferSize ? roomy : outputs.bytes);
    try {
      const call = { picks, grids, outputs, staging, used };
      await this.#gpu.guarded("a program", () => this.#submit(allocation, call, options));
    } catch (error) {
      this.#gpu.staging.release(staging);
      throw error;
    }
    const results = await this.#gpu.staging.readInto(
      staging,
      outputs.bytes,
      (mapped) =>
        new Map(outputs.places.map(({ name, value, offset }) => [name, compact(value, sizes, mapped, offset)])),
    );
    signal?.throwIfAborted();
    return results;
  }

  /** Compiles in parallel what the picked variants lack; does not wait at all when nothing is missing. */
  async #compile(picks: readonly number[]): Promise<void> {
    const missing = this.#graph.nodes.flatMap((node, i) => {
      const pick = picks[i] as number;
      const pipelines = this.#pipelines[i] as (Pipeline | undefined)[];
      if (pipelines[pick] !== undefined) return [];
      const request = node.kernel.request(node.variants[pick] as Node["variants"][number]);
      return [this.#gpu.pipelines.compile(request.key, request).then((pipeline) => pipelines[pick] = pipeline)];
    });
    if (missing.length > 0) await Promise.all(missing);
  }

  #submit(
    allocation: Allocation,
    { picks, grids, outputs, staging, used }: {
      picks: readonly number[];
      grids: readonly Grid[];
      outputs: OutputPlaces;
      staging: GPUBuffer;
      /** Bytes of the uploads that count. */
      used: number;
    },
    { profiler }: RunOptions,
  ): void {
    const { device, buffers } = this.#gpu;
    if (buffers.poisoned) { for (const buffer of [allocation.upload, ...allocation.buffers]) buffers.poison(buffer); }
    device.queue.writeBuffer(allocation.upload, 0, allocation.uploadBytes, 0, used);
    const recorder = new Recorder(device, profiler ?? null);
    this.#graph.nodes.forEach((node, i) => {
      const pick = picks[i] as number;
      const { pipeline } = this.#pipelines[i]?.[pick] as Pipeline;
      const grid = grids[i] as Grid;
      recorder.dispatch({ label: node.label, pipeline, bindGroup: allocation.bindGroups[i] as GPUBindGroup, grid });
    });
    for (const { value, offset, bytes } of outputs.places) {
      recorder.copy(this.#bufferOf(allocation, value), 0, staging, offset, bytes);
    }
    recorder.submit();
  }

  /** Makes room where there is none yet, and waits for what the device says of it; on an error none is kept. */
  async #makeRoom(sizes: Sizes): Promise<void> {
    if (this.#allocation !== null && fits(this.#symbols, sizes, this.#allocation.capacities)) return;
    try {
      await this.#gpu.scoped("make room for a batch on the GPU", () => this.#allocate(sizes));
    } catch (error) {
      this.#release();
      this.#gpu.buffers.trim(); // A buffer that does not work must not be lent again.
      throw error;
    }
  }

  /** Makes room for the sizes: nothing to do where they fit, else everything is laid out anew, with some room to grow. */
  #allocate(sizes: Sizes): Allocation {
    const current = this.#allocation;
    if (current !== null && fits(this.#symbols, sizes, current.capacities)) return current;
    const wanted = Object.fromEntries([...this.#symbols].map((symbol) => [symbol, sizes[symbol] ?? 0]));
    // With room to grow, and for the sizes of earlier calls too, as far as the device allows.
    const roomy = mapValues(wanted, (size, symbol) => roundUp(Math.max(size, current?.capacities[symbol] ?? 0)));
    const choices = [roomy, mapValues(wanted, roundUp), wanted];
    const capacities = choices.find((choice) => this.#beyondLimits(choice) === undefined);
    if (capacities === undefined) throw this.#tooLarge(wanted);
    this.#release();
    const allocation = this.#build(capacities);
    this.#allocation = allocation;
    return allocation;
  }

  /** A tensor that no buffer of this device can hold at these sizes, if there is one. */
  #beyondLimits(sizes: Sizes): Value | undefined {
    const limit = this.#gpu.buffers.largest;
    const values = [...this.#graph.inputs.values(), ...this.#graph.nodes.flatMap(outputsOf)];
    return values.find(({ shape, layout }) => bytesOf(shape, layout, sizes) > limit);
  }

  #tooLarge(sizes: Sizes): RangeError {
    const { label, shape, layout } = this.#beyondLimits(sizes) as Value;
    const bytes = bytesOf(shape, layout, sizes);
    return new RangeError(
      `Cannot run the model: "${label}" [${dimsOf(shape, sizes).join(", ")}] needs ${bytes} bytes in one buffer, ` +
        `this device allows ${this.#gpu.buffers.largest}; use a smaller batch`,
    );
  }

  #build(capacities: Sizes): Allocation {
    const { buffers: pool, limits } = this.#gpu;
    const layout = layoutUploads(this.#graph, capacities, limits);
    const plan = planMemory(this.#graph, capacities);
    const acquired: GPUBuffer[] = [];
    try {
      const upload = pool.acquire(layout.bytes, "uploads");
      acquired.push(upload);
      const buffers = plan.bufferBytes.map((bytes, i) => {
        const buffer = pool.acquire(bytes, `intermediate ${i}`);
        acquired.push(buffer);
        return buffer;
      });
      const uploadBytes = new ArrayBuffer(layout.bytes);
      const allocation = { capacities, layout, plan, upload, uploadBytes, buffers, bindGroups: [] as GPUBindGroup[] };
      allocation.bindGroups = this.#graph.nodes.map((node, i) => this.#bind(allocation, node, i));
      return allocation;
    } catch (error) {
      for (const buffer of acquired) pool.release(buffer);
      throw error;
    }
  }

  #bind(allocation: Allocation, node: Node, i: number): GPUBindGroup {
    const { layout } = (this.#pipelines[i] as (Pipeline | undefined)[]).find((p) => p !== undefined) as Pipeline;
    const { upload } = allocation;
    const offset = allocation.layout.paramOffsets[i] as number;
    const uniform = { binding: 0, resource: { buffer: upload, offset, size: Math.max(16, node.kernel.paramBytes) } };
    const storage = node.kernel.bindingNames.map((name, b) => {
      const value = node.bindings[name] as Value;
      const input = allocation.layout.inputs.get(value);
      const resource = input === undefined
        ? { buffer: this.#bufferOf(allocation, value) }
        : { buffer: upload, offset: input.offset, size: input.bytes };
      return { binding: b + 1, resource };
    });
    this.#gpu.bindGroups++;
    return this.#gpu.device.createBindGroup({ label: node.label, layout, entries: [uniform, ...storage] });
  }

  #bufferOf(allocation: Allocation, value: Value): GPUBuffer {
    if (value.origin === "input") throw new Error(`An input cannot be an output: "${value.label}"`);
    if ("buffer" in value.origin) return value.origin.buffer;
    return allocation.buffers[allocation.plan.bufferOf.get(value) as number] as GPUBuffer;
  }

  #release(): void {
    if (this.#allocation === null) return;
    this.#gpu.buffers.release(this.#allocation.upload);
    for (const buffer of this.#allocation.buffers) this.#gpu.buffers.release(buffer);
    this.#allocation = null;
  }
}

/** Where each output lies in the staging buffer. */
interface OutputPlaces {
  places: { name: string; value: Value; offset: number; bytes: number }[];
  bytes: number;
}

function placeOutputs(graph: Graph, sizes: Sizes): OutputPlaces {
  let end = 0;
  const places = [...graph.outputs].map(([name, value]) => {
    const bytes = bytesOf(value.shape, value.layout, sizes);
    const offset = end;
    end += Math.ceil(bytes / 16) * 16;
    return { name, value, offset, bytes };
  });
  return { places, bytes: end };
}

/** Copies an output out of the staging bytes, leaving the padding of its rows behind. */
function compact(value: Value, sizes: Sizes, bytes: ArrayBuffer, offset: number): RunOutput {
  const dims = dimsOf(value.shape, sizes);
  const columns = dims.at(-1) ?? 1;
  const stride = value.layout === "pitched" ? pitch(columns) : columns;
  const rows = rowsOf(value.shape, sizes);
  const Array_ = value.dtype === "u32" ? Uint32Array : Float32Array;
  const all = new Array_(bytes, offset, rows * stride);
  if (stride === columns) return { data: all.slice(), dims };
  const data = new Array_(rows * columns);
  for (let r = 0; r < rows; r++) data.set(all.subarray(r * stride, r * stride + columns), r * columns);
  return { data, dims };
}

/** The symbols that size some tensor of the graph. */
function symbolsOf(graph: Graph): Set<string> {
  const shapes = [...graph.inputs.values(), ...graph.nodes.flatMap(outputsOf)].flatMap(({ shape }) => shape);
  return new Set(shapes.filter((dim: Dim): dim is string => typeof dim === "string"));
}

function mapValues(sizes: Sizes, map: (size: number, symbol: string) => number): Sizes {
  return Object.fromEntries(Object.entries(sizes).map(([symbol, size]) => [symbol, map(size, symbol)]));
}

function fits(symbols: ReadonlySet<string>, sizes: Sizes, capacities: Sizes): boolean {
  for (const symbol of symbols) if ((sizes[symbol] ?? 0) > (capacities[symbol] ?? 0)) return false;
  return true;
}

/** The next capacity: 8, 12, 16, 24, 32, 48, … so that growing batches settle after few reallocations. */
function roundUp(size: number): number {
  if (size <= 8) return 8;
  const power = 2 ** Math.floor(Math.log2(size));
  if (size === power) return size;
  return size <= power * 1.5 ? power * 1.5 : power * 2;
}
