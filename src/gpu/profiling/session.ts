/** A profile of all devices of this thread: whatever programs compute on them is timed while it is under way. */

import { KernelStore, type SubmissionListener } from "./kernel_store.ts";

/** The times of all kernels from its start to its end. */
export class KernelSession {
  readonly #stores = new Map<GPUDevice, KernelStore>();
  readonly #untimed = new Set<GPUDevice>();
  /** Receives the times of what was submitted. */
  readonly listener: SubmissionListener;

  constructor(listener: SubmissionListener) {
    this.listener = listener;
  }

  /** The devices that computed something. */
  get devices(): GPUDevice[] {
    return [...this.#stores.keys(), ...this.#untimed];
  }

  /** Whether kernels of a device have no times, as it lacks `timestamp-query`. */
  get isPartial(): boolean {
    return this.#untimed.size > 0;
  }

  /** Kernels whose times could not be read, as their device was lost. */
  get lost(): number {
    return [...this.#stores.values()].reduce((sum, { lost }) => sum + lost, 0);
  }

  /** What times the kernels of a device; null if it cannot. */
  storeOf(device: GPUDevice): KernelStore | null {
    const known = this.#stores.get(device);
    if (known !== undefined) return known;
    if (!device.features.has("timestamp-query")) {
      this.#untimed.add(device);
      return null;
    }
    const store = new KernelStore(device, this.listener);
    this.#stores.set(device, store);
    return store;
  }

  /** Waits for the times of all that was submitted. */
  async drain(): Promise<void> {
    await Promise.all([...this.#stores.values()].map((store) => store.drain()));
  }

  /** Frees its memory on the GPU. */
  dispose(): void {
    for (const store of this.#stores.values()) store.dispose();
  }
}

let session: KernelSession | null = null;

/** The session that is under way. */
export function kernelSession(): KernelSession | null {
  return session;
}

/** Begins a session; null to end it. */
export function setKernelSession(next: KernelSession | null): void {
  session = next;
}
