/**
 * One call of a program, as a job for the scheduler. Any range of its steps can be encoded by itself, so a call may be
 * cut into several submissions, and may share one with other calls.
 *
 * Calls of one program share its buffers, since they run one after the other. `queue.writeBuffer` takes effect before
 * all commands of a submission. So each call writes its uploads to a buffer of its own, and its commands copy them from
 * there.
 */

import type { Gpu } from "../../gpu/device.ts";
import type { Job } from "../../gpu/scheduler/job.ts";
import type { Work } from "../../gpu/scheduler/meter.ts";
import { kernelStoreOf, type Profiler } from "../../gpu/profiling/profiler.ts";
import { kernelSession } from "../../gpu/profiling/session.ts";
import type { KernelWork } from "../../gpu/profiling/kernel_store.ts";
import type { Latency } from "../../gpu/readback.ts";
import { Recorder } from "../../gpu/recorder.ts";
import type { WeightTexture } from "../../gpu/textures.ts";
import type { Graph } from "../graph.ts";
import { bytesOf, type Scalars } from "../shape.ts";
import { type Allocation, sliceOf } from "./allocation.ts";
import type { BoundStep, BoundSteps, TextureCopy } from "./bound_steps.ts";
import {
  compact,
  elementsOf,
  type Place,
  placeValues,
  recordedValues,
  replacedValues,
  type RunOutput,
} from "./outputs.ts";
import { type Observer, observerOf } from "./recording.ts";
import type { Residents } from "./residents.ts";
import type { Plan, Step } from "./steps.ts";
import { checkInputs, fillInputs, fillParams, type InputData } from "./upload.ts";
import type { Value } from "../value.ts";
import { workOf } from "../work.ts";
import type { Workspace } from "./workspace.ts";

/** What a run takes. */
export interface RunOptions {
  /** A number for every scalar that the graph declares, symbols of shapes among them. */
  scalars: Scalars;
  /** Data for every input that is not a constant. The arrays are read when the call starts to run, maybe later. */
  inputs: Readonly<Record<string, InputData>>;
  /** A buffer for every resident, with usage STORAGE and COPY_SRC. */
  residents?: Residents;
  /** A buffer for every result that stays on the GPU, with usage COPY_DST. It is written when the program has finished. */
  kept?: Residents;
  /** Copies what every node writes right after it, to find a wrong number. Buffers are reused as without it. */
  record?: boolean;
  /** Times every dispatch. */
  profiler?: Profiler | null;
  /** How the results are waited for. */
  latency?: Latency;
  /**
   * Aborts the call: steps that are not submitted yet never run. An abort after the first update of weights or residents
   * comes too late: all updates are made, and the caller gets the results.
   */
  signal?: AbortSignal | undefined;
  /**
   * Called when the call begins to be recorded, after all that earlier calls change. What it throws is what the call
   * fails with.
   */
  onBegin?: (() => void) | undefined;
  /** Called when the call has its place behind earlier ones: calls that are made from then on run after it. */
  onQueued?: (() => void) | undefined;
  /** Called with what went wrong when the queued call fails or is aborted, before any later call goes on. */
  onFailed?: ((reason: unknown) => void) | undefined;
}

/** The results of a run. */
export interface ProgramResult {
  /** The named outputs. */
  outputs: Map<string, RunOutput>;
  /** With `record`: what every node wrote, by `<label>.<binding>`, as it was right after the node. */
  recorded: Map<string, RunOutput>;
}

/** What a call needs of its program. */
interface CallContext {
  readonly gpu: Gpu;
  readonly graph: Graph;
  readonly workspace: Workspace;
  readonly plan: Plan;
  /** The cost of each step, with the meter that predicts its time. */
  readonly works: readonly Work[];
  /** Binds the steps in the memory that the call holds; if it holds none, in the program's current memory. */
  bind(held: Allocation | null): BoundSteps;
}

/** A call that is ready to run. */
export class ProgramCall {
  readonly #context: CallContext;
  readonly #options: RunOptions;
  /** What is recorded of each step, in the staging buffer behind the outputs. */
  readonly #recorded: readonly (readonly Place[])[];
  /** Weights and residents as they were before each step that updates them first, for the observer. */
  readonly #replaced: readonly (readonly Place[])[];
  readonly #observer: Observer | null;
  readonly #bytes: number;
  #staging: GPUBuffer | null = null;
  #bound: BoundSteps | null = null;
  #upload: GPUBuffer | null = null;
  /** Weights that this call copies to their textures. */
  readonly #copied: WeightTexture[] = [];
  #isDone = false;
  #release = () => {};

  constructor(context: CallContext, options: RunOptions) {
    const { steps, scalars, outputs } = context.plan;
    this.#context = context;
    this.#options = options;
    let { end } = outputs;
    const place = (values: readonly [string, Value][]): readonly Place[] => {
      const own = placeValues(values, scalars, end);
      end = own.end;
      return own.places;
    };
    this.#observer = observerOf(context.gpu);
    const observed = this.#observer !== null;
    this.#recorded = options.record || observed ? steps.map(({ node }) => place(recordedValues(node))) : [];
    this.#replaced = observed ? steps.map(({ node }) => place(replacedValues(node))) : [];
    this.#bytes = end;
  }

  /**
   * The job for the scheduler, which releases the staging buffer.
   *
   * @throws {Error} If an input is missing, or has another size than its shape in this call.
   */
  job(): Job<ProgramResult> {
    const { gpu: { staging, limits }, plan, works, bind } = this.#context;
    const { inputs, outputBytes } = bind(null);
    checkInputs(inputs, this.#options);
    const roomy = Math.max(this.#bytes, outputBytes);
    this.#staging = staging.acquire(roomy <= limits.maxBufferSize ? roomy : this.#bytes);
    return {
      label: "a program",
      details: plan.scalars,
      steps: works,
      encode: (first, end) => this.#encode(first, end),
      staging: this.#staging,
      bytes: this.#bytes,
      take: (mapped) => this.#take(mapped),
      latency: this.#options.latency,
      signal: this.#options.signal,
      commits: plan.firstUpdate,
      onFailed: this.#options.onFailed,
    };
  }

  /** Releases what the call holds. */
  [Symbol.dispose](): void {
    if (!this.#isDone) this.#distrust();
    this.#release();
    if (this.#upload !== null) this.#context.gpu.buffers.release(this.#upload);
  }

  /**
   * Encodes the steps from `first` to before `end`: the uploads before the call's first step, the results after its
   * last.
   */
  #encode(first: number, end: number): GPUCommandBuffer {
    const { gpu: { device, versions }, graph, plan, workspace, bind } = this.#context;
    const { profiler } = this.#options;
    const times = profiler ? kernelStoreOf(profiler) : kernelSession()?.storeOf(device) ?? null;
    const recorder = new Recorder(device, times);
    try {
      if (first === 0) this.#begin(recorder);
      else if (this.#bound?.generation !== workspace.generation) this.#bound = bind(this.#bound!.allocation);
      const { steps } = this.#bound as BoundSteps;
      for (let i = first; i < end; i++) {
        const { step, dispatch, copies, changes } = steps[i] as BoundStep;
        for (const place of this.#replaced[i] ?? []) this.#copyOut(recorder, place);
        if (!step.isEmpty) {
          for (const copy of copies) this.#copyIn(recorder, copy);
          recorder.dispatch(times === null ? dispatch : { ...dispatch, work: this.#workOf(step) });
          for (const buffer of changes) versions.changed(buffer);
        }
        for (const place of this.#recorded[i] ?? []) this.#copyOut(recorder, place);
      }
      if (end === steps.length) {
        for (const place of plan.outputs.places) this.#copyOut(recorder, place);
        for (const [name, value] of graph.kept) this.#keep(recorder, { name, value });
      }
      return recorder.finish();
    } catch (error) {
      this.#distrust();
      throw error;
    }
  }

  /**
   * Holds the memory, and uploads the inputs, and the params of the steps unless they are there from the call before.
   */
  #begin(recorder: Recorder): void {
    const { gpu: { device, buffers }, plan: { steps }, workspace, bind } = this.#context;
    this.#options.onBegin?.();
    const bound = bind(null);
    const { allocation, inputs } = bound;
    const { upload, memory, layout } = allocation;
    this.#bound = bound;
    this.#release = workspace.hold(allocation);
    const sendsParams = allocation.paramsOf !== steps || buffers.poisoned;
    if (sendsParams) fillParams(layout, memory, steps);
    fillInputs(inputs, memory, this.#options);
    if (buffers.poisoned) { for (const buffer of [upload, ...allocation.buffers]) buffers.poison(buffer); }
    const start = sendsParams ? 0 : layout.inputsAt;
    const size = inputs.end - start;
    if (size > 0) { // Deno panics if nothing is written.
      this.#upload = buffers.acquire(layout.bytes, "uploads of a call");
      device.queue.writeBuffer(this.#upload, 0, memory.bytes, start, size);
      recorder.copy(this.#upload, 0, upload, start, size);
    }
    allocation.paramsOf = steps;
  }

  /** Notes that what this call encoded may never run, so that later calls upload and copy it again. */
  #distrust(): void {
    if (this.#bound !== null) this.#bound.allocation.paramsOf = null;
    for (const weight of this.#copied.splice(0)) this.#context.gpu.textures.forgetCopy(weight);
  }

  #copyIn(recorder: Recorder, { buffer, view, texture, weight }: TextureCopy): void {
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

  #workOf(step: Step): KernelWork {
    const { scalars, inputs } = this.#options;
    return workOf(step, { scalars, inputs });
  }

  #keep(recorder: Recorder, { name, value }: { name: string; value: Value }): void {
    const { allocation, residents } = this.#bound as BoundSteps;
    const range = sliceOf(allocation, value, residents);
    const buffer = this.#options.kept?.[name] as GPUBuffer;
    recorder.copy(range.buffer, range.offset, buffer, 0, bytesOf(value.shape, value.layout, this.#options.scalars));
    this.#context.gpu.versions.changed(buffer);
  }

  #take(mapped: ArrayBuffer): ProgramResult {
    const { scalars, outputs } = this.#context.plan;
    const take = (places: readonly Place[]) =>
      new Map(places.map((place) => [place.name, compact(place, scalars, mapped)]));
    this.#isDone = true;
    this.#observe(mapped);
    return { outputs: take(outputs.places), recorded: take(this.#options.record ? this.#recorded.flat() : []) };
  }

  #observe(mapped: ArrayBuffer): void {
    if (this.#observer === null) return;
    const { graph, plan: { steps, outputs } } = this.#context;
    const { scalars, inputs } = this.#options;
    const { allocation, residents } = this.#bound as BoundSteps;
    const take = (places: readonly Place[]) => new Map(places.map((place) => [place.value, elementsOf(place, mapped)]));
    const values = take([...this.#replaced.flat(), ...this.#recorded.flat()]);
    const bufferOf = (value: Value) => sliceOf(allocation, value, residents).buffer;
    this.#observer({ graph, steps, scalars, inputs, residents, values, outputs: take(outputs.places), bufferOf });
  }
}
