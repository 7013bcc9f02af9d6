/**
 * Calls with all that it takes to compute them again. Tools that look for a wrong number observe a device, and are told
 * of every call of its programs, whichever model, pipeline or training step it belongs to.
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

/** A call that is through. */
export interface Recording {
  readonly graph: Graph;
  /** What each node did. */
  readonly steps: readonly Step[];
  readonly scalars: Scalars;
  readonly inputs: Readonly<Record<string, InputData>>;
  readonly residents: Residents;
  /**
   * What each node wrote, as it was right after the node; and weights and residents that the call updates, as they were
   * before. What an empty step would have written is whatever was there.
   */
  readonly values: Elements;
  /** The named outputs, as they were when the program was through. */
  readonly outputs: Elements;
  /** The buffer in which a value lay. Values share buffers if the memory plan finds that they are not needed together. */
  bufferOf(value: Value): GPUBuffer;
}

/** Who is told of calls. */
export type Observer = (recording: Recording) => void;

const observers = new WeakMap<Gpu, Observer>();

/** Records every call that is prepared on a device from now on, and tells `observer`; null to stop. */
export function observeCalls(gpu: Gpu, observer: Observer | null): void {
  if (observer === null) observers.delete(gpu);
  else observers.set(gpu, observer);
}

/** Who is told of calls on a device. */
export function observerOf(gpu: Gpu): Observer | null {
  return observers.get(gpu) ?? null;
}
