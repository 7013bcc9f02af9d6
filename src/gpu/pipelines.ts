/** Compiled pipelines by (source, entry, constants), checked against the device's limits before they are made. */

import { beginSpan, endSpan } from "../base/spans/spans.ts";

/**
 * How a kernel uses a binding: it reads a storage buffer (`read`); writes one that holds nothing yet (`write`), and may
 * read what it wrote there; updates one in place (`update`); or reads a texture of 32-bit floats (`texture`).
 */
export type BindingAccess = "read" | "write" | "update" | "texture";

/** Values of a shader's `override` constants. */
export type Constants = Readonly<Record<string, number>>;

/** All that is needed to compile one pipeline. */
export interface PipelineRequest {
  /** Name for errors and labels. */
  name: string;
  /** WGSL text. */
  source: string;
  /** Entry point. */
  entry: string;
  /** Values of the `override` constants. */
  constants: Constants;
  /** Storage bindings 1, 2, … in order; binding 0 is the uniform buffer of sizes. */
  bindings: readonly BindingAccess[];
  /** Workgroup size under these constants. */
  workgroupSize: readonly [number, number, number];
  /** Bytes of workgroup memory under these constants. */
  workgroupBytes: number;
  /** Features that the device must have; none if left out. */
  features?: readonly GPUFeatureName[];
}

/** A compiled pipeline with the layout that its bind groups need. */
export interface Pipeline {
  readonly pipeline: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
}

/** A shader's source as compiled, and what is wrong with it. */
interface ShaderModule {
  module: GPUShaderModule;
  error: Promise<GPUError | null>;
}

const COMPUTE_STAGE = 0x4;

/** Compiles pipelines asynchronously and caches them. A request for one that is being compiled waits for it. */
export class PipelineCache {
  readonly #device: GPUDevice;
  readonly #limits: GPUSupportedLimits;
  readonly #ready = new Map<string, Pipeline>();
  readonly #pending = new Map<string, Promise<Pipeline>>();
  readonly #modules = new Map<string, ShaderModule>();
  readonly #layouts = new Map<string, GPUBindGroupLayout>();
  /** Number of pipelines being compiled, when the first of them began, and the time spent before that, in ms. */
  #compiling = 0;
  #compilingSince = 0;
  #compileMilliseconds = 0;
  /** The span of the pipelines that are being compiled, and their number. */
  #compilingSpan = 0;
  #begun = 0;

  /**
   * @param device The device that compiles.
   * @param limits The limits to check against; tests pass those of a smaller device.
   */
  constructor(device: GPUDevice, limits: GPUSupportedLimits = device.limits) {
    this.#device = device;
    this.#limits = limits;
  }

  /** Number of pipelines compiled so far. */
  get size(): number {
    return this.#ready.size;
  }

  /** Time in which pipelines were being compiled so far, in ms. Time that several share counts once. */
  get compileMilliseconds(): number {
    return this.#compileMilliseconds + (this.#compiling === 0 ? 0 : performance.now() - this.#compilingSince);
  }

  /** The compiled pipeline; undefined until {@linkcode compile} has finished. */
  get(key: string): Pipeline | undefined {
    return this.#ready.get(key);
  }

  /** Compiles what `request` describes, once; `key` must come from {@linkcode pipelineKey}. */
  compile(key: string, request: PipelineRequest): Promise<Pipeline> {
    const ready = this.#ready.get(key);
    if (ready !== undefined) return Promise.resolve(ready);
    let pending = this.#pending.get(key);
    if (pending === undefined) {
      pending = this.#timed(() => this.#compile(key, request)).finally(() => this.#pending.delete(key));
      this.#pending.set(key, pending);
    }
    return pending;
  }

  async #compile(key: string, request: PipelineRequest): Promise<Pipeline> {
    checkLimits(request, this.#limits);
    const lacking = request.features?.find((feature) => !this.#device.features.has(feature));
    if (lacking !== undefined) {
      throw new RangeError(`Cannot run kernel ${request.name} on this device: it lacks the feature ${lacking}`);
    }
    const { name, source, entry, constants } = request;
    const layout = this.#layout(request.bindings);
    const { module, error: moduleError } = this.#module(name, source);
    let pipeline: GPUComputePipeline;
    try {
      pipeline = await this.#device.createComputePipelineAsync({
        label: key,
        layout: this.#device.createPipelineLayout({ bindGroupLayouts: [layout] }),
        compute: { module, entryPoint: entry, constants: { ...constants } },
      });
    } catch (cause) {
      const error = await moduleError;
      throw new Error(`Cannot compile kernel ${key}: ${error?.message ?? String(cause)}`, { cause });
    }
    const error = await moduleError;
    if (error !== null) throw new Error(`Cannot compile kernel ${key}: ${error.message}`);
    const compiled = { pipeline, layout };
    this.#ready.set(key, compiled);
    return compiled;
  }

  async #timed<T>(compile: () => Promise<T>): Promise<T> {
    if (this.#compiling++ === 0) {
      this.#compilingSince = performance.now();
      this.#compilingSpan = beginSpan();
      this.#begun = 0;
    }
    this.#begun++;
    try {
      return await compile();
    } finally {
      if (--this.#compiling === 0) {
        this.#compileMilliseconds += performance.now() - this.#compilingSince;
        endSpan(this.#compilingSpan, "process", "compile", { kernels: this.#begun });
      }
    }
  }

  #module(name: string, source: string): ShaderModule {
    let compiled = this.#modules.get(source);
    if (compiled === undefined) {
      this.#device.pushErrorScope("validation");
      const module = this.#device.createShaderModule({ label: name, code: source });
      compiled = { module, error: this.#device.popErrorScope() };
      this.#modules.set(source, compiled);
    }
    return compiled;
  }

  #layout(bindings: readonly BindingAccess[]): GPUBindGroupLayout {
    const key = bindings.join();
    let layout = this.#layouts.get(key);
    if (layout === undefined) {
      layout = this.#device.createBindGroupLayout({ label: key, entries: layoutEntries(bindings) });
      this.#layouts.set(key, layout);
    }
    return layout;
  }
}

/** The bind group layout of a kernel: its uniform buffer of sizes, and then its bindings. */
export function layoutEntries(bindings: readonly BindingAccess[]): GPUBindGroupLayoutEntry[] {
  const resource = (access: BindingAccess): Omit<GPUBindGroupLayoutEntry, "binding" | "visibility"> => {
    if (access === "texture") return { texture: { sampleType: "unfilterable-float" } };
    return { buffer: { type: access === "read" ? "read-only-storage" : "storage" } };
  };
  return [{ buffer: { type: "uniform" } } as const, ...bindings.map(resource)].map((own, binding) => {
    return { binding, visibility: COMPUTE_STAGE, ...own };
  });
}

/** The cache key of one kernel under one set of constants. */
export function pipelineKey(name: string, constants: Constants): string {
  const values = Object.keys(constants).sort().map((key) => `${key}=${constants[key]}`);
  return `${name}(${values.join(",")})`;
}

/** Refuses what the device cannot run: Deno does not check workgroup memory, nor sizes given by `override`. */
export function checkLimits(request: PipelineRequest, limits: GPUSupportedLimits): void {
  const { name, workgroupSize: [x, y, z], workgroupBytes, bindings } = request;
  const checks: [what: string, found: number, least: number, most: number][] = [
    ["workgroup size x", x, 1, limits.maxComputeWorkgroupSizeX],
    ["workgroup size y", y, 1, limits.maxComputeWorkgroupSizeY],
    ["workgroup size z", z, 1, limits.maxComputeWorkgroupSizeZ],
    ["invocations per workgroup", x * y * z, 1, limits.maxComputeInvocationsPerWorkgroup],
    ["bytes of workgroup memory", workgroupBytes, 0, limits.maxComputeWorkgroupStorageSize],
    [
      "storage buffers",
      bindings.filter((access) => access !== "texture").length,
      0,
      limits.maxStorageBuffersPerShaderStage,
    ],
  ];
  for (const [what, found, least, most] of checks) {
    if (Number.isInteger(found) && found >= least && found <= most) continue;
    const expected = found > most ? `at most ${most}` : `a whole number from ${least}`;
    throw new RangeError(`Cannot run kernel ${name} on this device: ${what} must be ${expected}, got ${found}`);
  }
}
