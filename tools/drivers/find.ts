/** The WebGPU drivers of this machine: each is a choice of environment variables. */

/** A driver, and the environment in which Deno takes it. */
export interface Driver {
  readonly name: string;
  readonly env: Readonly<Record<string, string>>;
}

/** Folders with manifests of Vulkan drivers, and the place of SwiftShader's in Debian's package of Chromium. */
const FOLDERS = ["/etc/vulkan/icd.d", "/usr/local/share/vulkan/icd.d", "/usr/share/vulkan/icd.d"];
const SWIFTSHADER = "/usr/lib/chromium/vk_swiftshader_icd.json";

/** What Deno takes by itself, on systems without such manifests. */
const DEFAULT: Driver = { name: "default", env: {} };

/** OpenGL in place of Vulkan. */
const OPENGL: Driver = { name: "opengl", env: { DENO_WEBGPU_BACKEND: "gl" } };

/** The driver of a manifest. Two may be listed at once, and Deno prefers one, so only this one is. */
export function vulkanDriver(manifest: string): Driver {
  const [file = manifest] = manifest.split("/").slice(-1);
  const name = file.replace(/\.json$/, "").replace(/^vk_|_icd\b.*$/g, "").replace(/^lvp$/, "llvmpipe");
  return { name, env: { DENO_WEBGPU_BACKEND: "vulkan", VK_DRIVER_FILES: manifest, VK_ICD_FILENAMES: "" } };
}

/**
 * The drivers that are installed, whether they find a device or not.
 *
 * @param places Folders of manifests, and manifests elsewhere.
 */
export function findDrivers(places: readonly string[] = [...FOLDERS, SWIFTSHADER]): Driver[] {
  const manifests = places.flatMap((place) =>
    place.endsWith(".json") ? (isThere(place) ? [place] : []) : listed(place)
  );
  return [...(manifests.length === 0 ? [DEFAULT] : manifests.map(vulkanDriver)), OPENGL];
}

/**
 * The drivers that are asked for.
 *
 * @param asked Names of installed drivers, or manifests; none for all that are installed.
 * @throws {RangeError} If none has such a name, or there is no such manifest.
 */
export function chooseDrivers(asked: readonly string[], installed: readonly Driver[]): Driver[] {
  if (asked.length === 0) return [...installed];
  return asked.map((name) => {
    const driver = installed.find((one) => one.name === name);
    if (driver !== undefined) return driver;
    if (name.endsWith(".json") && isThere(name)) return vulkanDriver(Deno.realPathSync(name));
    const names = installed.map((one) => one.name).join(", ");
    throw new RangeError(`Cannot test on "${name}": it must be one of ${names}, or the manifest of a Vulkan driver`);
  });
}

/** The manifests in a folder; none if there is no such folder. */
function listed(folder: string): string[] {
  if (!isThere(folder)) return [];
  const names = [...Deno.readDirSync(folder)].map(({ name }) => name).filter((name) => name.endsWith(".json"));
  return names.sort().map((name) => `${folder}/${name}`);
}

function isThere(path: string): boolean {
  try {
    return Deno.statSync(path) !== undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
