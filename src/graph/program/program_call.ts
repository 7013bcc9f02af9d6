/**
 * One call of a program, in parts that a scheduler can put together with others: `open`, then `encode` for ranges of its
 * steps in order, then `take` when its results are there, and its end in any case.
 *
 * A call may be cut into several submissions, and calls of one program may be in one submission, as long as the steps of
 * one call are encoded and submitted before those of the next: calls of one program share its buffers. What a call sends
 * comes through a buffer of its own, since writes to a buffer go before a submission as a whole.
 */

import type { Gpu } from "../../gpu/device.ts";
import type { Profiler } from "../../gpu/profiler.ts";
import type { Latency } from "../../gpu/readback.ts";
import type { Recorder } from "../../gpu/recorder.ts";
import type { WeightTexture } from "../../gpu/textures.ts";
import type { Scalars } from "../shape.ts";
import { sliceOf } from "./allocation.ts";
import type { BoundStep, BoundSteps, TextureCopy } from "./bound_steps.ts";
import { compact, type Place, placeValues, recordedValues, type RunOutput } from "./outputs.ts";
import type { Residents } from "./residents.ts";
import type { Plan, Step } from "./steps.ts";
import { checkInputs, fillInputs, fillParams, type InputData } from "./upload.ts";

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

/** What a run gives. */
export interface ProgramResult {
  /** The named outputs. */
  outputs: Map<string, RunOutput>;
  /** With `record`: what every node wrote, by `<label>.<binding>`, as it was right after the node. */
  recorded: Map<string, RunOutput>;
}

/** What a call needs of its program. */
interface CallContext {
  gpu: Gpu;
  plan: Plan;
  /** Binds the steps, with memory allocated if another call has taken it meanwhile. */
  bind(): BoundSteps;
  /** Keeps what the steps are bound to until the function that it returns is called. */
  hold(bound: BoundSteps): () => void;
}

/** A call whose program has all that it needs. */
export class ProgramCall {
  /** Bytes of its results. */
  readonly bytes: number;
  readonly #context: CallContext;
  readonly #options: RunOptions;
  /** What is recorded, by step; behind the outputs in the staging buffer. */
  readonly #recorded: readonly (readonly Place[])[];
  #staging: GPUBuffer | null = null;
  #bound: BoundSteps | null = null;
  #upload: GPUBuffer | null = null;
  /** Weights whose textures this call copies. */
  readonly #copied: WeightTexture[] = [];
  #release = () => {};
  #isDone = false;

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
    this.bytes = end;
  }

  /** The steps in order, each with its cost. */
  get steps(): readonly Step[] {
    return this.#context.plan.steps;
  }

  /** Estimated floating-point operations of all steps. */
  get cost(): number {
    return this.#context.plan.cost;
  }

  /**
   * Checks the inputs, and gives a staging buffer for the results, which belongs to the caller.
   *
   * @throws {Error} If an input is missing, or has another size than its shape in this call.
   */
  open(): GPUBuffer {
    const { gpu: { staging, limits }, bind } = this.#context;
    const { inputs, outputBytes } = bind();
    checkInputs(inputs, this.#options);
    const roomy = Math.max(this.bytes, outputBytes);
    return this.#staging = staging.acquire(roomy <= limits.maxBufferSize ? roomy : this.bytes);
  }

  /**
   * Appends the steps from `first` to before `end`: the first ones after what the call sends, each with the copies of
   * what is recorded, and the last ones before the copies of the outputs.
   */
  encode(recorder: Recorder, first: number, end: number): void {
    const bound = this.#bound ?? this.#begin(recorder);
    const { textures } = this.#context.gpu;
    for (let i = first; i < end; i++) {
      const { step, dispatch, copies, changes } = bound.steps[i] as BoundStep;
      if (!step.isEmpty) {
        for (const copy of copies) this.#copy(recorder, copy);
        recorder.dispatch(dispatch);
        for (const buffer of changes) textures.changed(buffer);
      }
      for (const place of this.#recorded[i] ?? []) this.#copyOut(recorder, place);
    }
    if (end < this.steps.length) return;
    for (const place of this.#context.plan.outputs.places) this.#copyOut(recorder, place);
  }

  /** Takes the results out of the mapped bytes of the staging buffer. */
  take(mapped: ArrayBuffer): ProgramResult {
    const { scalars, outputs } = this.#context.plan;
    const take = (places: readonly Place[]) =>
      new Map(places.map((place) => [place.name, compact(place, scalars, mapped)]));
    this.#isDone = true;
    return { outputs: take(outputs.places), recorded: take(this.#recorded.flat()) };
  }

  /** Gives back what it held. If it was not taken, nobody counts on what it may not have sent or copied. */
  [Symbol.dispose](): void {
    const { gpu: { buffers, textures } } = this.#context;
    if (!this.#isDone && this.#bound !== null) {
      this.#bound.allocation.paramsOf = null;
      for (const weight of this.#copied) textures.forgetCopy(weight);
    }
    if (this.#upload !== null) buffers.release(this.#upload);
    this.#upload = null;
    this.#release();
    this.#release = () => {};
  }

  /** Binds the steps and sends sizes and inputs: what is the same as in the call before stands there already. */
  #begin(recorder: Recorder): BoundSteps {
    const { gpu: { device, buffers }, plan: { steps }, bind, hold } = this.#context;
    const bound = bind();
    this.#release = hold(bound);
    this.#bound = bound;
    const { allocation, inputs } = bound;
    const { upload, memory, layout } = allocation;
    const sendsParams = allocation.paramsOf !== steps || buffers.poisoned;
    if (sendsParams) fillParams(layout, memory, steps);
    fillInputs(inputs, memory, this.#options);
    if (buffers.poisoned) { for (const buffer of [upload, ...allocation.buffers]) buffers.poison(buffer); }
    const begin = sendsParams ? 0 : layout.inputsAt;
    const size = inputs.end - begin;
    if (size > 0) { // Deno panics on an empty write.
      this.#upload = buffers.acquire(layout.bytes, "uploads of a call");
      device.queue.writeBuffer(this.#upload, 0, memory.bytes, begin, size);
      recorder.copy(this.#upload, 0, upload, begin, size);
    }
    allocation.paramsOf = steps;
    return bound;
  }

  #copy(recorder: Recorder, { buffer, view, texture, weight }: TextureCopy): void {
    if (weight !== null) {
      const { textures } = this.#context.gpu;
      if (!textures.isStale(weight)) return;
      textures.copied(weight);
      this.#copied.push(weight);
    }
    recorder.copyToTexture(buffer, view, texture);
  }

  #copyOut(recorder: Recorder, { value, offset, bytes }: Place): void {
    const { allocation, residents } = this.#bound as BoundSteps;
    const range = sliceOf(allocation, value, residents);
    recorder.copy(range.buffer, range.offset, this.#staging as GPUBuffer, offset, bytes);
  }
}
