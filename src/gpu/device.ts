/** A device with its adapter's description, its pools, pipelines and scheduler: one `Gpu` per device. */

import { DeviceLostError } from "../base/errors.ts";
import { deno, isGranted } from "../base/runtime.ts";
import { spanned } from "../base/spans/spans.ts";
import {
  type AdapterClass,
  type AdapterDescription,
  adapterName,
  classify,
  describeAdapter,
  type Speed,
  SPEEDS,
} from "./adapter.ts";
import { BufferVersions } from "./buffer_versions.ts";
import { BufferPool } from "./buffers.ts";
import type { GpuCounts } from "./counts.ts";
import { openDevice } from "./open.ts";
import { PipelineCache } from "./pipelines.ts";
import { StagingPool } from "./readback.ts";
import { Scheduler } from "./scheduler/scheduler.ts";
import { tick } from "../base/tick.ts";
import { TexturePool } from "./textures.ts";
import { workClock } from "./scheduler/work_clock.ts";

/** Options of {@linkcode requestGpu}. */
export interface GpuOptions {
  /**
   * The caller's device, which is never destroyed here. Keep its adapter until it was passed here: Deno 2.9 panics if the
   * info of a device is first read when its adapter was garbage-collected.
   *
   * @default the process's own
   */
  device?: GPUDevice;
  /** Open error scopes around the encoding and every submit, and report their errors at once. Slow. @default false */
  checked?: boolean;
  /** Fill buffers with NaN bits before use. Slow. @default false */
  poisoned?: boolean;
}

/** A device's first failure. It is kept because Deno drops errors after a loss. */
interface Failure {
  error: Error | null;
}

/** A device with its buffers, pipelines and staging memory. */
export class Gpu {
  readonly device: GPUDevice;
  readonly adapter: AdapterDescription;
  readonly adapterClass: AdapterClass;
  readonly buffers: BufferPool;
  /** How often each buffer of weights, or of a caller, was written to. */
  readonly versions = new BufferVersions();
  readonly pipelines: PipelineCache;
  readonly staging: StagingPool;
  readonly textures: TexturePool;
  /** Runs all work that ends with a readback, except for the tuner's and the profiler's. */
  readonly scheduler: Scheduler;
  /** Whether error scopes are open around the encoding and every submit. */
  readonly checked: boolean;
  readonly #failure: Failure = { error: null };
  #bindGroups = 0;
  /** Settles when the work that {@linkcode allocating} does is done; null if there is none. */
  #allocating: Promise<void> | null = null;

  constructor(device: GPUDevice, { checked = false, poisoned = false }: Omit<GpuOptions, "device"> = {}) {
    this.device = device;
    this.adapter = describeAdapter(device.adapterInfo);
    this.adapterClass = classify(this.adapter);
    this.buffers = new BufferPool(device, { poison: poisoned });
    this.pipelines = new PipelineCache(device);
    this.staging = new StagingPool(device);
    this.textures = new TexturePool(device, this.versions);
    this.checked = checked;
    this.scheduler = new Scheduler(this, {
      speed: this.speed,
      clock: workClock(this.adapterClass),
    });
    const failure = this.#failure;
    device.lost.then(({ reason, message }) => {
      const error = new DeviceLostError(`The GPU device was lost (${reason}): ${message}. Load the model again`);
      failure.error = error;
      this.scheduler.fail(error, { all: true });
    });
    device.addEventListener("uncapturederror", (event) => {
      event.preventDefault();
      const { message } = (event as GPUUncapturedErrorEvent).error;
      const error = new Error(`WebGPU reported an error: ${message}`);
      if (!this.scheduler.fail(error, { all: false })) failure.error ??= error;
    });
  }

  /** How fast the adapter is taken to be. */
  get speed(): Speed {
    return SPEEDS[this.adapterClass];
  }

  /** The adapter's name, as benches and `doctor` print it. */
  get name(): string {
    return adapterName(this.adapter);
  }

  /** Limits of the device. */
  get limits(): GPUSupportedLimits {
    return this.device.limits;
  }

  /** Features of the device. */
  get features(): GPUSupportedFeatures {
    return this.device.features;
  }

  /** What was made on the device so far. */
  get counts(): GpuCounts {
    return {
      liveBytes: this.buffers.liveBytes,
      buffers: this.buffers.created,
      staging: this.staging.created,
      stagingBytes: this.staging.bytes,
      bindGroups: this.#bindGroups,
      pipelines: this.pipelines.size,
    };
  }

  /** Makes a bind group of a program, and counts it. */
  createBindGroup(descriptor: GPUBindGroupDescriptor): GPUBindGroup {
    this.#bindGroups++;
    return this.device.createBindGroup(descriptor);
  }

  /** Whether the device was lost. */
  get lost(): boolean {
    return this.#failure.error instanceof DeviceLostError;
  }

  /**
   * Runs work that ends with a readback, and checks the device before and after it. Deno reports no error for work on a
   * lost device, or a misleading one.
   *
   * @throws {DeviceLostError} If the device is lost.
   */
  async watch<T>(work: () => Promise<T>): Promise<T> {
    this.check();
    try {
      const result = await work();
      this.check();
      return result;
    } catch (error) {
      await this.confirm();
      throw error;
    }
  }

  /** @throws {DeviceLostError} If the device is known to be lost. */
  checkLost(): void {
    if (this.lost) this.check();
  }

  /** As {@linkcode checkLost}, once every loss so far is known: the promise of a loss settles in a later turn. */
  async confirm(): Promise<void> {
    await tick();
    this.checkLost();
  }

  /** Throws the first error of the device since the last check, if there is one. */
  check(): void {
    const { error } = this.#failure;
    if (error === null) return;
    if (!(error instanceof DeviceLostError)) this.#failure.error = null;
    throw error;
  }

  /** Runs `submit` and, in the checked mode, waits for its error scopes. */
  async guarded(label: string, submit: () => void): Promise<void> {
    if (!this.checked) return submit();
    await this.scoped(`run ${label}`, submit);
  }

  /**
   * Runs work in error scopes and waits for them: a buffer that does not fit throws nothing when it is created.
   *
   * @param action What is done, for the message: `load a model`.
   * @param options `cure` is what the caller can do about an error, for the message.
   */
  async scoped<T>(action: string, work: () => T, { cure }: { cure?: string } = {}): Promise<T> {
    const kinds = ["validation", "out-of-memory", "internal"] as const;
    for (const kind of kinds) this.device.pushErrorScope(kind);
    let scopes: Promise<(GPUError | null)[]>;
    let result: T;
    try {
      result = work();
    } finally {
      scopes = Promise.all(kinds.map(() => this.device.popErrorScope()));
    }
    const error = (await scopes).find((e) => e !== null);
    this.checkLost(); // Scopes of a lost device tell no error, or a misleading one.
    if (error) {
      throw new Error([`Cannot ${action}: ${error.message}`, ...(cure === undefined ? [] : [cure])].join("; "));
    }
    return result;
  }

  /**
   * Does work that allocates memory which other work may find and use, when all such work before is done: it may learn
   * only in the end that there is no memory, and take all back.
   */
  async allocating(work: () => Promise<void>): Promise<void> {
    while (this.#allocating !== null) await this.#allocating;
    const done = Promise.withResolvers<void>();
    this.#allocating = done.promise;
    try {
      await work();
    } finally {
      this.#allocating = null;
      done.resolve();
    }
  }
}

let shared: Promise<Gpu> | null = null;

/**
 * The process's own device, made on first use and shared, or a `Gpu` over the caller's device.
 *
 * @throws {NoAdapterError} If there is no WebGPU adapter, or none that gives a device; the message says what to do.
 * @throws {DeviceLostError} If the caller's device is lost.
 */
export async function requestGpu(options: GpuOptions = {}): Promise<Gpu> {
  const environment = debugFromEnvironment();
  const { device, checked = environment.checked, poisoned = environment.poisoned } = options;
  if (device !== undefined) {
    const gpu = gpuOf(device, { checked, poisoned });
    await gpu.confirm();
    return gpu;
  }
  if (options.checked !== undefined || options.poisoned !== undefined) return await openGpu({ checked, poisoned });
  const opening = shared;
  if (opening !== null) {
    const gpu = await opening;
    await tick();
    if (!gpu.lost) return gpu;
    if (shared === opening) shared = null;
  }
  return await (shared ??= openShared({ checked, poisoned }));
}

/** Opens the shared device, which is forgotten if that fails, and when it is lost. */
function openShared(options: Omit<GpuOptions, "device">): Promise<Gpu> {
  const opening = openGpu(options);
  const forget = () => void (shared = shared === opening ? null : shared);
  opening.then((gpu) => gpu.device.lost.then(forget), forget);
  return opening;
}

const known = new WeakMap<GPUDevice, Gpu>();

/** One `Gpu` per device, so that its pool and pipelines are shared by all models on it. */
function gpuOf(device: GPUDevice, options: Omit<GpuOptions, "device">): Gpu {
  let gpu = known.get(device);
  if (gpu === undefined) {
    gpu = new Gpu(device, options);
    known.set(device, gpu);
  }
  return gpu;
}

async function openGpu(options: Omit<GpuOptions, "device">): Promise<Gpu> {
  return gpuOf(await spanned("process", "open the device", () => openDevice()), options);
}

/** The debug modes named in `NARROWBERT_GPU_DEBUG` (`checked`, `poisoned`), if the process may read it. */
function debugFromEnvironment(): { checked: boolean; poisoned: boolean } {
  const variable = "NARROWBERT_GPU_DEBUG";
  const allowed = isGranted({ name: "env", variable });
  const modes = (allowed ? deno()?.env.get(variable) ?? "" : "").split(",").filter((mode) => mode !== "");
  const unknown = modes.find((mode) => mode !== "checked" && mode !== "poisoned");
  if (unknown !== undefined) {
    throw new RangeError(`Cannot read ${variable}: its modes are "checked" and "poisoned", got "${unknown}"`);
  }
  return { checked: modes.includes("checked"), poisoned: modes.includes("poisoned") };
}
