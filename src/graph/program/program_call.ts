/**
 * One call of a program, in parts that a scheduler can put together with others:
 *
 * - `start` writes the call's sizes and inputs;
 * - `encode` appends any range of its steps to a recording, so that a call may be cut into several submissions;
 * - `finish` appends the copies of its results to a staging buffer;
 * - `submitted` is told after each submission, `read` waits for the results, `abandon` gives up instead.
 *
 * Calls of one program share its buffers: between the `start` of a call and its last submission no other call of that
 * program may start, nor may both be in one submission, since writes to a buffer go before the submission as a whole.
 */

import type { Gpu } from "../../gpu/device.ts";
import type { Profiler } from "../../gpu/profiler.ts";
import type { Latency } from "../../gpu/readback.ts";
import type { Recorder } from "../../gpu/recorder.ts";
import type { WeightTexture } from "../../gpu/textures.ts";
import { sliceOf } from "./allocation.ts";
import type { BoundSteps } from "./bound_steps.ts";
import { compact, type Place, placeValues, recordedValues, type RunOutput } from "./outputs.ts";
import type { Residents } from "./residents.ts";
import type { Scalars } from "../shape.ts";
import type { Plan, Step } from "./steps.ts";
import { fillInputs, fillParams, type InputData } from "./upload.ts";

/** What a run takes. */
export interface RunOptions {
  /** A number for every scalar that the graph declares, symbols of shapes among them. */
  scalars: Scalars;
  /** Data for every input. */
  inputs: Readonly<Record<string, InputData>>;
  /** A buffer for every resident, with usage STORAGE and COPY_SRC. */
  residents?: Residents;
  /** Copies what every node writes right after it: for finding a wrong number. Memory is reused as ever. */
  record?: boolean;
  /** Times every dispatch. */
  profiler?: Profiler | null;
  /** How the results are waited for. */
  latency?: Latency;
  /** Stops before the work is submitted, or drops its result. */
  signal?: AbortSignal | undefined;
}

/** What a call needs of its program. */
interface CallContext {
  gpu: Gpu;
  plan: Plan;
  /** Binds the steps, with memory allocated if another call has taken it meanwhile. */
  bind(): BoundSteps;
}

/** A call that is ready to start. */
export class ProgramCall {
  readonly #context: CallContext;
  readonly #options: RunOptions;
  /** What is recorded, by step; behind the outputs in the staging buffer. */
  readonly #recorded: readonly (readonly Place[])[];
  readonly #bytes: number;
  #bound: BoundSteps | null = null;
  #staging: GPUBuffer | null = null;
  /** Weights whose textures are copied in what was encoded since the last submission. */
  #copied: { weight: WeightTexture; version: number }[] = [];

  constructor(context: CallContext, options: RunOptions) {
    const { steps, scalars, outputs } = context.plan;
    this.#context = context;
    this.#options = options;
    let { end } = outputs;
    this.#recorded = !options.record ? [] : steps.map(({ node }) => {
      const own = placeValues(recordedValues(node), scalars, end);
      end = own.end;
      return own.places;
    });
    this.#bytes = end;
  }

  /** The steps in order, each with its cost. */
  get steps(): readonly Step[] {
    return this.#context.plan.steps;
  }

  /** Estimated floating-point operations of all steps. */
  get cost(): number {
    return this.#context.plan.cost;
  }

  /** Writes sizes and inputs, and takes a staging buffer. What comes until the last submission must not wait. */
  start(): void {
    const { gpu: { device, buffers, staging, limits }, plan: { steps }, bind } = this.#context;
    const bound = bind();
    const { allocation, inputs } = bound;
    const { upload, memory, layout } = allocation;
    const sendsParams = allocation.paramsOf !== steps || buffers.poisoned;
    if (sendsParams) fillParams(layout, memory, steps);
    fillInputs(inputs, memory, this.#options);
    const roomy = Math.max(this.#bytes, bound.outputBytes);
    this.#staging = staging.acquire(roomy <= limits.maxBufferSize ? roomy : this.#bytes);
    this.#bound = bound;
    if (buffers.poisoned) { for (const buffer of [upload, ...allocation.buffers]) buffers.poison(buffer); }
    const begin = sendsParams ? 0 : layout.inputsAt;
    const size = inputs.end - begin; // Deno panics on an empty write.
    if (size > 0) device.queue.writeBuffer(upload, begin, memory.bytes, begin, size);
    allocation.paramsOf = steps;
  }

  /** Appends steps `from` to `to`, the last one not included. */
  encode(recorder: Recorder, from: number, to: number): void {
    const { steps } = this.#bound as BoundSteps;
    for (let i = from; i < to; i++) {
      const { step, dispatch, copies, changes } = steps[i] as BoundSteps["steps"][number];
      if (!step.isEmpty) {
        for (const copy of copies) this.#copy(recorder, copy);
        recorder.dispatch(dispatch);
        for (const buffer of changes) this.#context.gpu.textures.changed(buffer);
      }
      for (const place of this.#recorded[i] ?? []) this.#copyOut(recorder, place);
    }
  }

  /** Appends the copies of the outputs to the staging buffer. */
  finish(recorder: Recorder): void {
    for (const place of this.#context.plan.outputs.places) this.#copyOut(recorder, place);
  }

  /** To be told after each submission. */
  submitted(): void {
    for (const { weight, version } of this.#copied) this.#context.gpu.textures.copied(weight, version);
    this.#copied = [];
  }

  /** Waits for the results. @throws What the signal says, if it was aborted meanwhile. */
  async read(): Promise<{ outputs: Map<string, RunOutput>; recorded: Map<string, RunOutput> }> {
    const { scalars, latency, signal } = this.#options;
    const { staging } = this.#context.gpu;
    const buffer = this.#staging as GPUBuffer;
    this.#staging = null;
    const results = await staging.readInto(buffer, this.#bytes, (mapped) => {
      const take = (places: readonly Place[]) =>
        new Map(places.map((place) => [place.name, compact(place, scalars, mapped)]));
      return { outputs: take(this.#context.plan.outputs.places), recorded: take(this.#recorded.flat()) };
    }, latency);
    signal?.throwIfAborted();
    return results;
  }

  /** Gives the staging buffer back, for a call that is not read. */
  abandon(): void {
    if (this.#staging !== null) this.#context.gpu.staging.release(this.#staging);
    this.#staging = null;
    this.#copied = [];
  }

  #copy(
    recorder: Recorder,
    { buffer, view, texture, weight }: BoundSteps["steps"][number]["copies"][number],
  ): void {
    if (weight !== null) {
      const { textures } = this.#context.gpu;
      if (!textures.isStale(weight)) return;
      this.#copied.push({ weight, version: textures.versionOf(weight) });
    }
    recorder.copyToTexture(buffer, view, texture);
  }

  #copyOut(recorder: Recorder, { value, offset, bytes }: Place): void {
    const { allocation, residents } = this.#bound as BoundSteps;
    const range = sliceOf(allocation, value, residents);
    recorder.copy(range.buffer, range.offset, this.#staging as GPUBuffer, offset, bytes);
  }
}
