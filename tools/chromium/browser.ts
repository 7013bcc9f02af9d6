/**
 * WebGPU in headless Chromium, as a second judge of the shaders: its compiler, Tint, refuses what Deno's, naga, lets pass
 * (barriers in control flow that is not uniform, for one).
 */
import { type Browser, chromium, type Page } from "npm:playwright-core@1.65.1";
import { layoutEntries, type PipelineRequest } from "../../src/gpu/pipelines.ts";

/** Where Debian's package puts the browser; the variable `CHROMIUM` names another. */
const DEFAULT_PATH = "/usr/bin/chromium";

const FLAGS = [
  "--headless",
  "--no-sandbox",
  "--enable-unsafe-webgpu",
  "--use-webgpu-adapter=swiftshader",
  // A browser that asks nothing of the network; it fills the log where there is none.
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** A running browser that compiles pipelines; close it when done. */
export class ShaderBrowser implements AsyncDisposable {
  /** The adapter's vendor and architecture. */
  readonly adapter: string;
  readonly #server: Deno.HttpServer;
  readonly #browser: Browser;
  readonly #page: Page;

  private constructor(server: Deno.HttpServer, browser: Browser, page: Page, adapter: string) {
    this.#server = server;
    this.#browser = browser;
    this.#page = page;
    this.adapter = adapter;
  }

  /** Starts Chromium; an error where it is not installed or offers no WebGPU adapter. */
  static async launch(): Promise<ShaderBrowser> {
    const executablePath = Deno.env.get("CHROMIUM") ?? DEFAULT_PATH;
    const browser = await chromium.launch({ executablePath, args: FLAGS }).catch((cause) => {
      throw new Error(`Cannot start ${executablePath}: run apt-get install chromium, or set CHROMIUM`, { cause });
    });
    // WebGPU exists in secure contexts only, and a page of this machine's own server is one.
    const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, () => {
      return new Response("<!doctype html><title>shaders</title>", { headers: { "content-type": "text/html" } });
    });
    const page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${server.addr.port}/`);
    const adapter = await page.evaluate(openDevice);
    if (adapter !== null) return new ShaderBrowser(server, browser, page, adapter);
    await browser.close();
    await server.shutdown();
    throw new Error(`Cannot compile shaders in ${executablePath}: it has no WebGPU adapter with ${FLAGS.join(" ")}`);
  }

  /** Compiles one pipeline. Returns the compiler's complaint, or null where there is none. */
  compile(request: PipelineRequest): Promise<string | null> {
    const { source, entry, constants, bindings } = request;
    const entries = layoutEntries(bindings);
    return this.#page.evaluate(compilePipeline, { source, entry, constants: { ...constants }, entries });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#browser.close();
    await this.#server.shutdown();
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
