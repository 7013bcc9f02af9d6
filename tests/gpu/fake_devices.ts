/** Devices that are not there, and real ones that are watched. */

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

/** A real device of its own, with the limits that every device has, that says it has less of some of them. */
export async function limitedDevice(differences: Partial<typeof DEFAULT_LIMITS>): Promise<GPUDevice> {
  const adapter = await navigator.gpu.requestAdapter() as GPUAdapter;
  const device = await adapter.requestDevice();
  const { limits } = device;
  const value = new Proxy(limits, {
    get: (target, key) => Object.hasOwn(differences, key) ? Reflect.get(differences, key) : Reflect.get(target, key),
  });
  return Object.defineProperty(device, "limits", { value });
}
