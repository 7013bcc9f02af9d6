/** What kind of GPU an adapter is. */

/** Adapter classes with their own tuned kernels. */
export type AdapterClass = "software" | "nvidia" | "amd" | "intel" | "apple" | "other";

/** What an adapter says of itself. */
export interface AdapterDescription {
  /** Its vendor. Each of these is empty if the adapter does not say. */
  vendor: string;
  /** The GPU's family. */
  architecture: string;
  /** The GPU's model. */
  device: string;
  /** A name for people. */
  description: string;
  /** Whether it computes on the CPU; undefined if the runtime does not say. */
  isFallbackAdapter?: boolean;
}

/** What an adapter says of itself; nothing in runtimes that do not tell. */
export function describeAdapter(info: Partial<GPUAdapterInfo> | undefined): AdapterDescription {
  const { vendor = "", architecture = "", device = "", description = "", isFallbackAdapter } = info ?? {};
  const named = { vendor, architecture, device, description };
  return isFallbackAdapter === undefined ? named : { ...named, isFallbackAdapter };
}

/** An adapter's name, as benches and `doctor` print it. */
export function adapterName({ vendor, architecture, device, description }: AdapterDescription): string {
  return description || device || `${vendor} ${architecture}`.trim() || "unnamed adapter";
}

/** Which tuned kernels fit an adapter. Software adapters say what they are; names are for runtimes that do not tell. */
export function classify(adapter: AdapterDescription): AdapterClass {
  const { vendor, device, description, architecture, isFallbackAdapter = false } = adapter;
  if (isFallbackAdapter) return "software";
  const text = `${vendor} ${device} ${description} ${architecture}`.toLowerCase();
  if (/llvmpipe|swiftshader|lavapipe|softpipe|basic render/.test(text)) return "software";
  if (/nvidia|0x10de|\b4318\b|geforce|tesla|quadro/.test(text)) return "nvidia";
  if (/\bamd\b|radeon|\b4098\b|0x1002/.test(text)) return "amd";
  if (/intel|\b32902\b|0x8086/.test(text)) return "intel";
  if (/apple/.test(text)) return "apple";
  return "other";
}

/** How fast an adapter is taken to be. */
export interface Speed {
  /** Upper bound of the estimated cost of one submission, in multiply-adds: about 80 ms of work. */
  readonly budget: number;
  /** Nanoseconds of work for a multiply-add in a large product, before any was observed. A low estimate. */
  readonly rate: number;
}

/** How fast adapters of a class are taken to be, before anything was observed. */
export const SPEEDS: Readonly<Record<AdapterClass, Speed>> = {
  software: { budget: 8e8, rate: 0.16 },
  nvidia: { budget: 5e11, rate: 1e-4 },
  amd: { budget: 2e11, rate: 3e-4 },
  intel: { budget: 2e10, rate: 2e-3 },
  apple: { budget: 1e11, rate: 5e-4 },
  other: { budget: 2e10, rate: 2e-3 },
};
