/**
 * One call of a program, as a scheduler takes it: any range of its steps can be encoded by itself, so that a call may be
 * cut into several submissions, and share one with others.
 *
 * Calls of one program share its buffers, since they run one after the other. What a call sends goes through a buffer of
 * its own, and from there by a copy: what is written to a buffer is there before all work of a submission.
 */

import type { Gpu } from "../../gpu/device.ts";
import type { Job } from "../../gpu/scheduler/job.ts";
import type { Work } from "../../gpu/scheduler/meter.ts";
import type { Profiler } from "../../gpu/profiler.ts";
import type { Latency } from "../../gpu/readback.ts";
import { Recorder } from "../../gpu/recorder.ts";
import type { WeightTexture } from "../../gpu/textures.ts";
import type { Graph } from "../graph.ts";
import type { Scalars } from "../shape.ts";
import { type Allocation, sliceOf } from "./allocation.ts";
import type { BoundSteps, TextureCopy } from "./bound_steps.ts";
import { compact, type Place, placeValues, recordedValues, type RunOutput } from "./outputs.ts";
import type { Residents } from "./residents.ts";
import type { Step } from "./steps.ts";
import { fillInputs, fillParams, type InputData } from "./upload.ts";
import type { Workspace } from "./workspace.ts";

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
  /** Stops the call: steps that are not submitted yet never run. */
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
  readonly gpu: Gpu;
  readonly graph: Graph;
  readonly workspace: Workspace;
  readonly steps: readonly Step[];
  /** The cost of each step, with the meter that predicts its time. */
  readonly works: readonly Work[];
  /** Binds the steps in the memory that the call holds, or in the program's present one. */
  bind(held: Allocation | null): BoundSteps;
}

/** A call that is ready to run. */
export class ProgramCall {
  readonly #context: CallContext;
  readonly #options: RunOptions;
  /** Where the outputs lie in the staging buffer, and behind them what is recorded, by step. */
  readonly #outputs: readonly Place[];
  readonly #recorded: readonly (readonly Place[])[];
  readonly #bytes: number;
  #staging: GPUBuffer | null = null;
  #bound: BoundSteps | null = null;
  #upload: GPUBuffer | null = null;
  #release = () => {};

  constructor(context: CallContext, options: RunOptions) {
    const { graph, steps } = context;
    const { scalars, record = false } = options;
    this.#context = context;
    this.#options = options;
    const outputs = placeValues(graph.outputs, scalars);
    this.#outputs = outputs.places;
    let end = outputs.end;
    this.#recorded = !record ? [] : steps.map(({ node }) => {
      const own = placeValues(recordedValues(node), scalars, end);
      end = own.end;
      return own.places;
    });
    this.#bytes = end;
  }

  /** The call for a scheduler, which gives the staging buffer back. */
  job(): Job<ProgramResult> {
    const { gpu: { staging, limits }, works, bind } = this.#context;
    const roomy = Math.max(this.#bytes, bind(null).outputBytes);
    this.#staging = staging.acquire(roomy <= limits.maxBufferSize ? roomy : this.#bytes);
    return {
      label: "a program",
      steps: works,
      encode: (first, end) => this.#encode(first, end),
      staging: this.#staging,
      bytes: this.#bytes,
      take: (mapped) => this.#take(mapped),
      latency: this.#options.latency,
      signal: this.#options.signal,
    };
  }

  /** Gives back what the call holds. */
  [Symbol.dispose](): void {
    this.#release();
    if (this.#upload !== null) this.#context.gpu.buffers.release(this.#upload);
  }

  /** Encodes the steps from `first` to before `end`: before the first of all the uploads, after the last the results. */
  #encode(first: number, end: number): GPUCommandBuffer {
    const { gpu, steps: all, workspace, bind } = this.#context;
    const recorder = new Recorder(gpu.device, this.#options.profiler ?? null);
    const copied: WeightTexture[] = [];
    try {
      if (first === 0) this.#begin(recorder);
      else if (this.#bound?.generation !== workspace.generation) this.#bound = bind(this.#bound!.allocation);
      const { steps } = this.#bound as BoundSteps;
      for (let i = first; i < end; i++) {
        const { step, dispatch, copies, changes } = steps[i] as BoundSteps["steps"][number];
        if (!step.isEmpty) {
          for (const copy of copies) this.#copyIn(recorder, copy, copied);
          recorder.dispatch(dispatch);
          for (const buffer of changes) gpu.textures.changed(buffer);
        }
        for (const place of this.#recorded[i] ?? []) this.#copyOut(recorder, place);
      }
      if (end === all.length) { for (const place of this.#outputs) this.#copyOut(recorder, place); }
      return recorder.finish();
    } catch (error) {
      for (const weight of copied) gpu.textures.copied(weight, NEVER);
      throw error;
    }
  }

  /** Takes hold of the memory, and sends sizes and inputs. */
  #begin(recorder: Recorder): void {
    const { gpu: { device, buffers }, graph, steps, workspace, bind } = this.#context;
    const bound = bind(null);
    const { allocation } = bound;
    const { upload, uploadBytes, layout } = allocation;
    this.#bound = bound;
    this.#release = workspace.hold(allocation);
    if (allocation.paramsOf !== steps) {
      fillParams(layout, uploadBytes, steps);
      allocation.paramsOf = steps;
    }
    const used = fillInputs(graph, layout, uploadBytes, this.#options);
    if (buffers.poisoned) { for (const buffer of [upload, ...allocation.buffers]) buffers.poison(buffer); }
    if (used === 0) return; // Deno panics on writing nothing
    this.#upload = buffers.acquire(layout.bytes, "uploads of a call");
    device.queue.writeBuffer(this.#upload, 0, uploadBytes, 0, used);
    recorder.copy(this.#upload, 0, upload, 0, used);
  }

  #copyIn(recorder: Recorder, { buffer, view, texture, weight }: TextureCopy, copied: WeightTexture[]): void {
    if (weight !== null) {
      const { textures } = this.#context.gpu;
      if (!textures.isStale(weight)) return;
      textures.copied(weight, textures.versionOf(weight));
      copied.push(weight);
    }
    recorder.copyToTexture(buffer, view, texture);
  }

  #copyOut(recorder: Recorder, { value, offset, bytes }: Place): void {
    const { allocation, residents } = this.#bound as BoundSteps;
    const range = sliceOf(allocation, value, residents);
    recorder.copy(range.buffer, range.offset, this.#staging as GPUBuffer, offset, bytes);
  }

  #take(mapped: ArrayBuffer): ProgramResult {
    const { scalars } = this.#options;
    const take = (places: readonly Place[]) =>
      new Map(places.map((place) => [place.name, compact(place, scalars, mapped)]));
    return { outputs: take(this.#outputs), recorded: take(this.#recorded.flat()) };
  }
}

/** A version that no weight has. */
const NEVER = -1;
