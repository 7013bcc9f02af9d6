/**
 * Recordings of calls, with all that is needed to compute them again. A tool that looks for a wrong number observes a
 * device. It then gets a recording of every call of a program on it, whichever model or pipeline makes the call.
 */

import type { Gpu } from "../../gpu/device.ts";
import type { Graph } from "../graph.ts";
import type { Residents } from "./residents.ts";
import type { Scalars } from "../shape.ts";
import type { Step } from "./steps.ts";
import type { InputData } from "./upload.ts";
import type { Value } from "../value.ts";

/** Elements of values, row padding included. */
export type Elements = ReadonlyMap<Value, InputData>;

/** A finished call. */
export interface Recording {
  readonly graph: Graph;
  /** What each node did. */
  readonly steps: readonly Step[];
  readonly scalars: Scalars;
  readonly inputs: Readonly<Record<string, InputData>>;
  readonly residents: Residents;
  /**
   * What each node wrote, as it was right after the node; and the weights and residents that the call updates, as they
   * were before. The value of an empty step is whatever its buffer held.
   */
  readonly values: Elements;
  /** The named outputs, as they were when the program had finished. */
  readonly outputs: Elements;
  /** The buffer that held a value. Values that are not needed at the same time share buffers, by the memory plan. */
  bufferOf(value: Value): GPUBuffer;
}

/** Called with the recording of each call. */
export type Observer = (recording: Recording) => void;

const observers = new WeakMap<Gpu, Observer>();

/** Passes recordings of all calls that are prepared on a device from now on to `observer`; null to stop. */
export function observeCalls(gpu: Gpu, observer: Observer | null): void {
  if (observer === null) observers.delete(gpu);
  else observers.set(gpu, observer);
}

/** The observer of a device. */
export function observerOf(gpu: Gpu): Observer | null {
  return observers.get(gpu) ?? null;
}
