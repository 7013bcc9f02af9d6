/** Opens the process's own device, or says why there is none and what to do about it. */

import { NoAdapterError } from "../base/errors.ts";
import { deno, isGranted } from "../base/runtime.ts";
import { adapterName, describeAdapter } from "./adapter.ts";

/** Limits raised to what the adapter has; everything else keeps its default. */
const RAISED_LIMITS = [
  "maxBufferSize",
  "maxStorageBufferBindingSize",
  "maxComputeWorkgroupStorageSize",
  "maxComputeInvocationsPerWorkgroup",
  "maxComputeWorkgroupSizeX",
  "maxComputeWorkgroupSizeY",
  "maxComputeWorkgroupSizeZ",
] as const;

/** Features that are used if they are there. */
const WANTED_FEATURES = ["shader-f16", "timestamp-query", "subgroups"] as const;

/** The variable by which Deno is told its backends, and those by which Vulkan's loader is told its drivers. */
const BACKEND = "DENO_WEBGPU_BACKEND";
const DRIVERS = ["VK_DRIVER_FILES", "VK_ICD_FILENAMES"];

/** What decides how a missing adapter is mended. */
export interface Host {
  /** `navigator.gpu`, if there is one. */
  readonly gpu: Pick<GPU, "requestAdapter"> | undefined;
  readonly runtime: "deno" | "browser" | "other";
  /** The operating system, in Deno's words; null if the runtime does not tell. */
  readonly os: string | null;
  /** Whether a browser's page came by https, or from this machine. */
  readonly isSecure: boolean;
  /** An environment variable; undefined if it is unset, null if it may not be read. */
  env(variable: string): string | undefined | null;
  /** Whether there is such a file or folder; true if that may not be known. */
  exists(path: string): boolean;
}

/**
 * Opens a device with all of the adapter's limits and features that are used. If the adapter refuses them, which some
 * drivers do although they offered them, the device has the default limits and no features.
 *
 * @throws {NoAdapterError} If there is no adapter, or none that gives a device.
 */
export async function openDevice(host: Host = thisHost()): Promise<GPUDevice> {
  const adapter = await requestAdapter(host);
  const requiredLimits: Record<string, number> = {};
  for (const limit of RAISED_LIMITS) requiredLimits[limit] = adapter.limits[limit];
  const requiredFeatures = WANTED_FEATURES.filter((feature) => adapter.features.has(feature)) as GPUFeatureName[];
  try {
    return named(await adapter.requestDevice({ requiredLimits, requiredFeatures }), adapter);
  } catch (refusal) {
    // An adapter may give a device, or refuse one, only once.
    const again = await requestAdapter(host);
    try {
      return named(await again.requestDevice(), again);
    } catch (cause) {
      const limits = RAISED_LIMITS.map((limit) => `${limit} ${requiredLimits[limit]}`).join(", ");
      throw new NoAdapterError(
        `Cannot open a GPU device: adapter "${adapterName(describeAdapter(adapter.info))}" refused its own limits ` +
          `(${limits}) with ${
            requiredFeatures.length === 0 ? "no features" : `features ${requiredFeatures.join(", ")}`
          }: ` +
          `${textOf(refusal)}; and the default limits with no features: ${textOf(cause)}. To mend it, update the ` +
          "graphics driver, or choose another one",
        { cause },
      );
    }
  }
}

/**
 * Reads the info of a device, which remembers it. Deno 2.9 panics if that is first done after the adapter was
 * garbage-collected: as an argument here the adapter stays until then.
 */
function named(device: GPUDevice, _adapter: GPUAdapter): GPUDevice {
  describeAdapter(device.adapterInfo);
  return device;
}

async function requestAdapter(host: Host): Promise<GPUAdapter> {
  let cause: unknown;
  const adapter = await host.gpu?.requestAdapter({ powerPreference: "high-performance" }).catch((error: unknown) => {
    cause = error;
    return null;
  });
  if (adapter) return adapter;
  throw new NoAdapterError(noAdapterMessage(host, cause), cause === undefined ? {} : { cause });
}

function noAdapterMessage(host: Host, cause: unknown): string {
  const found = host.gpu === undefined
    ? "this runtime has no navigator.gpu"
    : cause === undefined
    ? "navigator.gpu has no adapter"
    : `navigator.gpu has no adapter: ${textOf(cause)}`;
  return `Cannot find a WebGPU adapter: ${found}. To mend it, ${cureFor(host)}`;
}

/** What to do if no adapter is found. */
function cureFor(host: Host): string {
  if (host.runtime === "browser") return cureInBrowser(host);
  if (host.gpu === undefined) return "use Deno 2.9 or later, or a browser with WebGPU";
  if (host.os !== "linux") return "update the graphics driver";
  const backend = host.env(BACKEND);
  if (backend && !/\b(vulkan|vk|gl|gles|opengl)\b/i.test(backend)) {
    return `set ${BACKEND}=vulkan, as on Linux a backend is vulkan or gl, got ${backend}`;
  }
  return `${driverVariables(host)}install a Vulkan driver: the GPU vendor's, or Mesa's software one with ` +
    `\`apt-get install mesa-vulkan-drivers libvulkan1\`, and set ${BACKEND}=vulkan${unreadVariables(host)}`;
}

function cureInBrowser({ gpu, isSecure }: Host): string {
  if (!isSecure) return "serve the page over https, or from localhost: browsers have WebGPU in secure contexts only";
  if (gpu === undefined) return "update the browser, or turn WebGPU on in its settings (chrome://flags, about:config)";
  return "turn hardware acceleration on in the browser's settings and update the graphics driver; chrome://gpu (in " +
    "Firefox about:support) says why there is no adapter. Chrome on Linux may need --enable-unsafe-webgpu and " +
    "--enable-features=Vulkan, and computes without a GPU with --use-webgpu-adapter=swiftshader";
}

/** Advice on the variables that tell Vulkan's loader its drivers. The loader reads the first one that is set. */
function driverVariables({ env, exists }: Host): string {
  const variable = DRIVERS.find((name) => env(name));
  if (variable === undefined) return "";
  const value = env(variable) as string;
  const names = value.split(":").filter((path) => path !== "");
  return names.some(exists)
    ? `unset ${variable}, by which no other driver is tried than ${value}; or `
    : `unset ${variable}, which names no file (${value}), or let it name a driver's manifest; or `;
}

/** How to learn more, if variables that may be the cause may not be read. */
function unreadVariables({ env }: Host): string {
  const unread = [...DRIVERS, BACKEND].filter((name) => env(name) === null);
  return unread.length === 0 ? "" : `. With --allow-env=${unread.join()} this message says whether they are the cause`;
}

/** The host of this process. */
function thisHost(): Host {
  const runtime = deno();
  const { document, WorkerGlobalScope, isSecureContext } = globalThis as Record<string, unknown>;
  return {
    gpu: globalThis.navigator?.gpu,
    runtime: runtime !== undefined ? "deno" : (document ?? WorkerGlobalScope) === undefined ? "other" : "browser",
    os: runtime?.build.os ?? null,
    isSecure: isSecureContext !== false,
    env: (variable) => isGranted({ name: "env", variable }) ? runtime?.env.get(variable) : null,
    exists: (path) => !isGranted({ name: "read", path }) || isThere(path),
  };
}

function isThere(path: string): boolean {
  try {
    return deno()?.statSync(path) !== undefined;
  } catch {
    return false;
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
