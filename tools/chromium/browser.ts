/**
 * WebGPU in headless Chromium, as a second judge of the shaders: its compiler, Tint, refuses what Deno's, naga, lets pass
 * (barriers in control flow that is not uniform, for one).
 */
import { layoutEntries, type PipelineRequest } from "../../src/gpu/pipelines.ts";
import { FLAGS, openSite, type Site } from "./site.ts";

/** A running browser that compiles pipelines; close it when done. */
export class ShaderBrowser implements AsyncDisposable {
  /** The adapter's vendor and architecture. */
  readonly adapter: string;
  readonly #site: Site;

  private constructor(site: Site, adapter: string) {
    this.#site = site;
    this.adapter = adapter;
  }

  /** Starts Chromium; an error where it is not installed or offers no WebGPU adapter. */
  static async launch(): Promise<ShaderBrowser> {
    const site = await openSite();
    const adapter = await site.page.evaluate(openDevice);
    if (adapter !== null) return new ShaderBrowser(site, adapter);
    await site[Symbol.asyncDispose]();
    throw new Error(`Cannot compile shaders in Chromium: it has no WebGPU adapter with ${FLAGS.join(" ")}`);
  }

  /** Compiles one pipeline. Returns the compiler's complaint, or null where there is none. */
  compile(request: PipelineRequest): Promise<string | null> {
    const { source, entry, constants, bindings } = request;
    const entries = layoutEntries(bindings);
    return this.#site.page.evaluate(compilePipeline, { source, entry, constants: { ...constants }, entries });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#site[Symbol.asyncDispose]();
  }
}

/** The page's globals that outlive one call. */
type PageGlobals = { device: GPUDevice };

/** Runs in the page: opens a device with all that the adapter has, and names the adapter; null where there is none. */
async function openDevice(): Promise<string | null> {
  const adapter = await navigator.gpu?.requestAdapter();
  if (!adapter) return null;
  const requiredLimits: Record<string, number> = {};
  for (const name in adapter.limits) requiredLimits[name] = adapter.limits[name as keyof GPUSupportedLimits] as number;
  const requiredFeatures = [...adapter.features] as GPUFeatureName[];
  const device = await adapter.requestDevice({ requiredLimits, requiredFeatures });
  (globalThis as unknown as PageGlobals).device = device;
  return `${adapter.info.vendor} ${adapter.info.architecture}`;
}

/** Runs in the page: compiles with the bind group layout that the kernel declares. */
async function compilePipeline(
  { source, entry, constants, entries }: Pick<PipelineRequest, "source" | "entry" | "constants"> & {
    entries: GPUBindGroupLayoutEntry[];
  },
): Promise<string | null> {
  const { device } = globalThis as unknown as PageGlobals;
  device.pushErrorScope("validation");
  const layout = device.createBindGroupLayout({ entries });
  const module = device.createShaderModule({ code: source });
  const { messages } = await module.getCompilationInfo();
  const failure = await device.createComputePipelineAsync({
    layout: device.createPipelineLayout({ bindGroupLayouts: [layout] }),
    compute: { module, entryPoint: entry, constants },
  }).then(() => null, (error: Error) => error.message);
  const scoped = await device.popErrorScope();
  const errors = messages.filter(({ type }) => type === "error");
  if (errors.length === 0) return failure ?? scoped?.message ?? null;
  return errors.map(({ lineNum, linePos, message }) => `${lineNum}:${linePos} ${message}`).join("\n");
}
