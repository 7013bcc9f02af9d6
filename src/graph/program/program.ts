/**
 * A compiled graph: traced once, replayed for every call.
 *
 * A call whose sizes fit the current capacity creates no buffer, no bind group and no pipeline: it writes one buffer of
 * sizes and inputs, encodes the dispatches, submits once and waits once. One whose scalars are those of the call before
 * works nothing out again either.
 */

import type { Gpu } from "../../gpu/device.ts";
import type { Pipeline } from "../../gpu/pipelines.ts";
import { Recorder } from "../../gpu/recorder.ts";
import { bindSteps, type BoundSteps } from "./bound_steps.ts";
import type { Graph } from "../graph.ts";
import { ProgramCall, type ProgramResult, type RunOptions } from "./program_call.ts";
import { checkResidents, type Residents, sameResidents } from "./residents.ts";
import { checkScalars, sameScalars } from "./scalars.ts";
import type { Scalar, Scalars } from "../shape.ts";
import { type Plan, planCall, type Step } from "./steps.ts";
import { Workspace } from "./workspace.ts";

export type { ProgramResult, RunOptions } from "./program_call.ts";

/** Replays a graph on a device. Calls may overlap. */
export class Program {
  readonly #gpu: Gpu;
  readonly #graph: Graph;
  readonly #pipelines: (Pipeline | undefined)[][];
  readonly #workspace: Workspace;
  #plan: Plan | null = null;
  #bound: BoundSteps | null = null;
  #active = 0;
  #disposed = false;

  constructor(gpu: Gpu, graph: Graph) {
    this.#gpu = gpu;
    this.#graph = graph;
    this.#pipelines = graph.nodes.map((node) => node.variants.map(() => undefined));
    this.#workspace = new Workspace(gpu, graph, (step) => this.#pipelineOf(step).layout);
  }

  /** Number of kernel calls. */
  get dispatches(): number {
    return this.#graph.nodes.length;
  }

  /** The scalars that each call must give. */
  get scalars(): ReadonlyMap<string, Scalar> {
    return this.#graph.scalars;
  }

  /** Bytes of this program's own buffers. */
  get bytes(): number {
    return this.#workspace.bytes;
  }

  /**
   * Runs the graph and returns its named outputs.
   *
   * @throws {Error} If a scalar, input or resident is missing, too many, or of another size than its shape.
   * @throws {RangeError} If a buffer or a grid would exceed the device's limits.
   * @throws {DeviceLostError} If the device is lost before the results are here.
   */
  async run(options: RunOptions): Promise<ProgramResult> {
    options.signal?.throwIfAborted();
    if (this.#disposed) throw new Error("Cannot run the model: it was disposed");
    this.#active++;
    try {
      return await this.#gpu.watch(() => this.#run(options));
    } finally {
      this.#active--;
      if (this.#disposed && this.#active === 0) this.#workspace.release();
    }
  }

  /** Gives all buffers back, after the runs under way. */
  dispose(): void {
    this.#disposed = true;
    if (this.#active === 0) this.#workspace.release();
  }

  async #run(options: RunOptions): Promise<ProgramResult> {
    using call = await this.prepare(options);
    const { device, staging } = this.#gpu;
    const { signal, latency, profiler } = options;
    signal?.throwIfAborted();
    const buffer = call.open();
    try {
      await this.#gpu.guarded("a program", () => {
        const recorder = new Recorder(device, profiler ?? null);
        call.encode(recorder, 0, call.steps.length);
        recorder.submit();
      });
    } catch (error) {
      staging.release(buffer);
      throw error;
    }
    const results = await staging.readInto(buffer, call.bytes, (mapped) => call.take(mapped), latency);
    signal?.throwIfAborted();
    return results;
  }

  /**
   * Gets all ready that a call needs: compiles what its variants lack, and allocates what does not fit. Waits for
   * nothing if nothing is lacking.
   *
   * @throws {Error} As {@linkcode run}.
   */
  async prepare(options: RunOptions): Promise<ProgramCall> {
    const { scalars, residents = {}, signal } = options;
    const plan = this.#planFor(scalars);
    const { steps } = plan;
    if (!this.#isBound(plan, residents)) {
      checkResidents(this.#graph, residents, scalars);
      const missing = this.#compile(steps);
      if (missing.length > 0) await Promise.all(missing);
      signal?.throwIfAborted();
      await this.#workspace.prepare({ scalars, steps, residents });
    }
    return new ProgramCall({
      gpu: this.#gpu,
      plan,
      bind: () => this.#bind(plan, residents),
      hold: ({ allocation }) => this.#workspace.hold(allocation),
    }, options);
  }

  #planFor(scalars: Scalars): Plan {
    const { scalars: declared } = this.#graph;
    const last = this.#plan;
    if (last !== null && sameScalars(scalars, last.scalars, { count: declared.size })) return last;
    checkScalars(declared, scalars);
    return this.#plan = planCall(this.#graph, scalars);
  }

  #isBound(plan: Plan, residents: Residents): boolean {
    const bound = this.#bound;
    return bound !== null && bound.plan === plan && bound.generation === this.#workspace.generation &&
      sameResidents(bound.residents, residents);
  }

  /** The steps with all that they bind: those of the last call, if nothing has changed since. */
  #bind(plan: Plan, residents: Residents): BoundSteps {
    if (this.#isBound(plan, residents)) return this.#bound as BoundSteps;
    const { scalars, steps } = plan;
    const allocation = this.#workspace.ensure({ scalars, steps, residents });
    const { generation } = this.#workspace;
    const pipelineOf = (step: Step) => this.#pipelineOf(step).pipeline;
    return this.#bound = bindSteps(this.#graph, allocation, { plan, residents, generation, pipelineOf });
  }

  #pipelineOf({ index, pick }: Step): Pipeline {
    return this.#pipelines[index]?.[pick] as Pipeline;
  }

  /** Starts to compile, in parallel, what the picked variants lack. */
  #compile(steps: readonly Step[]): Promise<unknown>[] {
    const missing: Promise<unknown>[] = [];
    for (const { index, pick, kernel, constants } of steps) {
      const pipelines = this.#pipelines[index] as (Pipeline | undefined)[];
      if (pipelines[pick] !== undefined) continue;
      const request = kernel.request(constants);
      missing.push(this.#gpu.pipelines.compile(request.key, request).then((pipeline) => pipelines[pick] = pipeline));
    }
    return missing;
  }
}
