/** Devices that are not there, and real ones that are watched. */

import { ownDevice } from "./own_device.ts";

/** A device made of the members that a test needs; what it lacks is undefined. */
export function fakeDevice(members: Record<string, unknown>): GPUDevice {
  return members as unknown as GPUDevice;
}

/** WebGPU's default limits that kernels can run into: what every device has. */
export const DEFAULT_LIMITS = {
  maxBufferSize: 268435456,
  maxStorageBufferBindingSize: 134217728,
  maxStorageBuffersPerShaderStage: 8,
  maxComputeWorkgroupStorageSize: 16384,
  maxComputeInvocationsPerWorkgroup: 256,
  maxComputeWorkgroupSizeX: 256,
  maxComputeWorkgroupSizeY: 256,
  maxComputeWorkgroupSizeZ: 64,
};

/** The limits of a small device, simulated: the default ones but for those given. */
export function limits(differences: Partial<typeof DEFAULT_LIMITS> = {}): GPUSupportedLimits {
  return { ...DEFAULT_LIMITS, ...differences } as GPUSupportedLimits;
}

/** A real device that notes the names of the methods called on it. */
export function watchedDevice(device: GPUDevice): { device: GPUDevice; calls: string[] } {
  const calls: string[] = [];
  const watched = new Proxy(device, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key, target);
      if (typeof value !== "function") return value;
      return (...args: unknown[]) => {
        calls.push(String(key));
        return Reflect.apply(value, target, args);
      };
    },
  });
  return { device: watched, calls };
}

/** What a device without a GPU was asked for. */
export interface FakeMemory {
  readonly device: GPUDevice;
  /** Buffers and textures that were made in vain, since the device was full. */
  readonly broken: ReadonlySet<GPUBuffer | GPUTexture>;
  readonly destroyed: ReadonlySet<GPUBuffer | GPUTexture>;
  /** Bytes of the buffers and textures that are neither broken nor destroyed. */
  readonly taken: number;
}

/**
 * A device that computes nothing, but has memory. What goes beyond `bytes` is made all the same, as in Deno, and is told to
 * the error scope for lack of memory.
 */
export function fakeMemory(
  { bytes, limits: own = {} }: { bytes: number; limits?: Partial<typeof DEFAULT_LIMITS> },
): FakeMemory {
  const [broken, destroyed] = [new Set<GPUBuffer | GPUTexture>(), new Set<GPUBuffer | GPUTexture>()];
  const scopes: { filter: string; error: { message: string } | null }[] = [];
  let taken = 0;
  const make = (size: number, members: Record<string, unknown>) => {
    const isBroken = taken + size > bytes;
    const made = {
      ...members,
      destroy: () => {
        if (!broken.has(made)) taken -= size;
        destroyed.add(made);
      },
    } as unknown as GPUBuffer & GPUTexture;
    if (!isBroken) taken += size;
    else {
      broken.add(made);
      const scope = scopes.findLast(({ filter }) => filter === "out-of-memory");
      if (scope !== undefined) scope.error ??= { message: "Not enough memory left" };
    }
    return made;
  };
  const device = fakeDevice({
    limits: { ...limits(own), minUniformBufferOffsetAlignment: 256, minStorageBufferOffsetAlignment: 256 },
    features: new Set(),
    lost: new Promise(() => {}),
    addEventListener() {},
    createBuffer: (of: GPUBufferDescriptor) => make(of.size, { size: of.size, label: of.label }),
    createTexture: ({ size }: { size: [number, number] }) => {
      const [width, height] = size;
      return make(16 * width * height, { width, height, createView: () => ({}) });
    },
    createBindGroup: () => ({}),
    queue: { submit() {}, writeBuffer() {} },
    pushErrorScope: (filter: string) => scopes.push({ filter, error: null }),
    popErrorScope: () => Promise.resolve(scopes.pop()!.error),
  });
  return {
    device,
    broken,
    destroyed,
    get taken() {
      return taken;
    },
  };
}

/** A real device of its own, with the limits that every device has, that says it has less of some of them. */
export async function limitedDevice(differences: Partial<typeof DEFAULT_LIMITS>): Promise<GPUDevice> {
  const device = await ownDevice();
  const { limits } = device;
  const value = new Proxy(limits, {
    get: (target, key) => Object.hasOwn(differences, key) ? Reflect.get(differences, key) : Reflect.get(target, key),
  });
  return Object.defineProperty(device, "limits", { value });
}
