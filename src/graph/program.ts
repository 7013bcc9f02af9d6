/**
 * A compiled graph: traced once, replayed for every call.
 *
 * A call whose sizes fit the current capacity creates no buffer, no bind group and no pipeline: it writes one buffer of
 * sizes and inputs, encodes the dispatches, submits once and waits once.
 */

import type { Gpu } from "../gpu/device.ts";
import type { Meter } from "../gpu/scheduler/meter.ts";
import type { Pipeline } from "../gpu/pipelines.ts";
import type { Profiler } from "../gpu/profiler.ts";
import type { Latency } from "../gpu/readback.ts";
import { Recorder } from "../gpu/recorder.ts";
import type { Grid, Params, Variant } from "../kernels/kernel.ts";
import { costKind, costOf } from "./cost.ts";
import type { Graph, Node, Value } from "./graph.ts";
import { compact, type OutputPlaces, placeOutputs, type RunOutput } from "./outputs.ts";
import { type Allocation, bufferOf, kindOf, Room, type RoomCall, textureKey } from "./workspace.ts";
import type { Sizes } from "./shape.ts";
import { fillUploads, type InputData } from "./upload.ts";

/** What a run takes. */
export interface RunOptions {
  /** A size for every symbol. */
  sizes: Sizes;
  /** Data for every input. */
  inputs: Readonly<Record<string, InputData>>;
  /** Times every dispatch. */
  profiler?: Profiler | null;
  /** How the results are waited for. */
  latency?: Latency;
  /** Stops before the work is submitted, or drops its result. */
  signal?: AbortSignal | undefined;
}

/** Replays a graph on a device. Calls may overlap. */
export class Program {
  readonly #gpu: Gpu;
  readonly #graph: Graph;
  readonly #pipelines: (Pipeline | undefined)[][];
  readonly #room: Room;
  /** By kind of kernel call: how fast this program's are. */
  readonly #meters = new Map<string, Meter>();
  #active = 0;
  #disposed = false;

  constructor(gpu: Gpu, graph: Graph) {
    this.#gpu = gpu;
    this.#graph = graph;
    this.#pipelines = graph.nodes.map((node) => node.variants.map(() => undefined));
    this.#room = new Room(gpu, graph, (node, pick) => this.#pipelines[node]?.[pick]?.layout as GPUBindGroupLayout);
  }

  /** Number of kernel calls. */
  get dispatches(): number {
    return this.#graph.nodes.length;
  }

  /** Bytes of this program's own buffers. */
  get bytes(): number {
    return this.#room.bytes;
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
      if (this.#disposed && this.#active === 0) this.#room.release();
    }
  }

  /** Gives all buffers back, after the runs under way. */
  dispose(): void {
    this.#disposed = true;
    if (this.#active === 0) this.#room.release();
  }

  async #run(options: RunOptions): Promise<Map<string, RunOutput>> {
    const { sizes, signal } = options;
    const params = this.#graph.nodes.map((node) => node.params(sizes));
    const picks = this.#graph.nodes.map((node, i) => node.pick(params[i] as Params));
    await this.#compile(picks);
    signal?.throwIfAborted();
    const variants = this.#graph.nodes.map((node, i) => node.variants[picks[i] as number] as Variant);
    const grids = variants.map(({ kernel, constants }, i) => kernel.grid(params[i] as Params, constants));
    const views = variants.map(({ kernel, constants }, i) =>
      kernel.textures === null ? null : Object.entries(kernel.textures(params[i] as Params, constants))
    ) as RoomCall["views"];
    const room = { sizes, picks, views };
    await this.#room.prepare(room);
    const { capacities } = this.#room.at(room);
    const outputs = placeOutputs(this.#graph, sizes);
    const roomy = placeOutputs(this.#graph, capacities).bytes;
    const staging = this.#gpu.staging.acquire(roomy <= this.#gpu.limits.maxBufferSize ? roomy : outputs.bytes);
    using call = new Call(this.#gpu, this.#room, room);
    return await this.#gpu.scheduler.run({
      label: "a program",
      steps: this.#graph.nodes.map((_, i) => {
        const { name } = (variants[i] as Variant).kernel;
        const own = params[i] as Params;
        return { meter: this.#meter(costKind(name, own)), cost: costOf(name, own) };
      }),
      encode: (first, end) => this.#encode(call, { first, end, params, grids, outputs, staging }, options),
      staging,
      bytes: outputs.bytes,
      take: (mapped) =>
        new Map(outputs.places.map(({ name, value, offset }) => [name, compact(value, sizes, mapped, offset)])),
      latency: options.latency,
      signal,
    });
  }

  /** Compiles in parallel what the picked variants lack; does not wait at all when nothing is missing. */
  async #compile(picks: readonly number[]): Promise<void> {
    const missing = this.#graph.nodes.flatMap((node, i) => {
      const pick = picks[i] as number;
      const pipelines = this.#pipelines[i] as (Pipeline | undefined)[];
      if (pipelines[pick] !== undefined) return [];
      const { kernel, constants } = node.variants[pick] as Variant;
      const request = kernel.request(constants);
      return [this.#gpu.pipelines.compile(request.key, request).then((pipeline) => pipelines[pick] = pipeline)];
    });
    if (missing.length > 0) await Promise.all(missing);
  }

  #meter(kind: string): Meter {
    let meter = this.#meters.get(kind);
    if (meter === undefined) this.#meters.set(kind, meter = this.#gpu.scheduler.meter(kind));
    return meter;
  }

  #encode(
    call: Call,
    { first, end, params, grids, outputs, staging }: {
      /** The nodes to encode. */
      first: number;
      end: number;
      params: readonly Params[];
      grids: readonly Grid[];
      outputs: OutputPlaces;
      staging: GPUBuffer;
    },
    options: RunOptions,
  ): GPUCommandBuffer {
    const { nodes } = this.#graph;
    const { picks, views } = call.demand;
    const recorder = new Recorder(this.#gpu.device, options.profiler ?? null);
    const allocation = call.allocation();
    if (first === 0) {
      const used = fillUploads(this.#graph, allocation.layout, allocation.uploadBytes, { ...options, params });
      call.upload(recorder, used);
    }
    for (let i = first; i < Math.min(end, nodes.length); i++) {
      const node = nodes[i] as Node;
      const { pipeline } = this.#pipelines[i]?.[picks[i] as number] as Pipeline;
      const grid = grids[i] as Grid;
      if (grid.includes(0)) continue;
      for (const [name, view] of views[i] ?? []) {
        if (allocation.weights[i]?.[name] !== undefined) continue;
        const texture = allocation.textures.get(textureKey(name, view)) as GPUTexture;
        recorder.copyToTexture(bufferOf(allocation, node.bindings[name] as Value), view, texture);
      }
      const bindGroup = allocation.bindGroups[i]?.[kindOf(views[i] ?? null)] as GPUBindGroup;
      recorder.dispatch({ label: node.label, pipeline, bindGroup, grid });
    }
    if (end >= nodes.length) {
      for (const { value, offset, bytes } of outputs.places) {
        recorder.copy(bufferOf(allocation, value), 0, staging, offset, bytes);
      }
    }
    return recorder.finish();
  }
}

/** The buffers of one run, from its first submission until it has ended. */
class Call {
  readonly demand: RoomCall;
  readonly #gpu: Gpu;
  readonly #room: Room;
  #allocation: Allocation | null = null;
  #upload: GPUBuffer | null = null;
  #release: () => void = () => {};

  constructor(gpu: Gpu, room: Room, demand: RoomCall) {
    this.#gpu = gpu;
    this.#room = room;
    this.demand = demand;
  }

  /** The program's buffers, the same ones for all steps of the run. */
  allocation(): Allocation {
    if (this.#allocation === null) {
      this.#allocation = this.#room.at(this.demand);
      this.#release = this.#room.hold(this.#allocation);
    } else this.#room.complete(this.#allocation, this.demand);
    return this.#allocation;
  }

  /**
   * Sends the first `used` bytes of the uploads. They go through a buffer of this run's own, and from there by a copy,
   * since the program's own buffer may be in use by a run that is submitted together with this one.
   */
  upload(recorder: Recorder, used: number): void {
    const { device, buffers } = this.#gpu;
    const { layout, upload, uploadBytes, buffers: own } = this.allocation();
    if (buffers.poisoned) { for (const buffer of [upload, ...own]) buffers.poison(buffer); }
    this.#upload = buffers.acquire(layout.bytes, "uploads of a run");
    device.queue.writeBuffer(this.#upload, 0, uploadBytes, 0, used);
    recorder.copy(this.#upload, 0, upload, 0, used);
  }

  [Symbol.dispose](): void {
    this.#release();
    if (this.#upload !== null) this.#gpu.buffers.release(this.#upload);
  }
}
