/**
 * A compiled graph: traced once, replayed for every call.
 *
 * A call whose sizes fit the current capacity creates no buffer, no bind group and no pipeline. It writes its sizes and
 * inputs at once, encodes the dispatches, and waits once for the results. The scheduler submits it at once if it is
 * small, or in parts. If its scalars are those of the call before, it reuses the steps, and sends only its inputs.
 */

import { Lease } from "../../base/lease.ts";
import type { Gpu } from "../../gpu/device.ts";
import type { Meter, Work } from "../../gpu/scheduler/meter.ts";
import type { Pipeline } from "../../gpu/pipelines.ts";
import { bindSteps, type BoundSteps } from "./bound_steps.ts";
import { costKind } from "../cost.ts";
import type { Graph } from "../graph.ts";
import type { Allocation } from "./allocation.ts";
import { ProgramCall, type ProgramResult, type RunOptions } from "./program_call.ts";
import { checkKept, checkResidents, type Residents, sameResidents } from "./residents.ts";
import { checkScalars, sameScalars } from "./scalars.ts";
import type { Scalar, Scalars } from "../shape.ts";
import { type Plan, planCall, type Step } from "./steps.ts";
import { inputsOf } from "../value.ts";
import { Workspace } from "./workspace.ts";

export type { ProgramResult, RunOptions } from "./program_call.ts";

/** The steps of a call, and the cost of each with the meter that predicts its time. */
interface MeteredPlan extends Plan {
  readonly works: readonly Work[];
}

/** The residents of calls that bind none. */
const NO_RESIDENTS: Residents = {};

/** Replays a graph on a device. Calls may overlap. */
export class Program {
  readonly #gpu: Gpu;
  readonly #graph: Graph;
  readonly #pipelines: (Pipeline | undefined)[][];
  readonly #workspace: Workspace;
  #plan: MeteredPlan | null = null;
  #bound: BoundSteps | null = null;
  /** How long this program's kernel calls take, by kind. */
  readonly #meters = new Map<string, Meter>();
  /** Held by the runs in progress. */
  readonly #lease: Lease;

  constructor(gpu: Gpu, graph: Graph) {
    this.#gpu = gpu;
    this.#graph = graph;
    this.#pipelines = graph.nodes.map((node) => node.variants.map(() => undefined));
    this.#workspace = new Workspace(gpu, graph, (step) => this.#pipelineOf(step).layout);
    this.#lease = new Lease("Cannot run the model: it was disposed", () => this.#workspace.release());
  }

  /** Number of kernel calls. */
  get dispatches(): number {
    return this.#graph.nodes.length;
  }

  /** The scalars that each call must give. */
  get scalars(): ReadonlyMap<string, Scalar> {
    return this.#graph.scalars;
  }

  /** The residents that each call must bind, by name. */
  get residents(): ReadonlyMap<string, unknown> {
    return this.#graph.residents;
  }

  /** The buffers of the weights that it reads. */
  get weights(): ReadonlySet<GPUBuffer> {
    const buffers = new Set<GPUBuffer>();
    for (const { storage } of this.#graph.nodes.flatMap(inputsOf)) {
      if (storage.kind === "parameter") buffers.add(storage.parameter.buffer);
    }
    return buffers;
  }

  /** Bytes of this program's own buffers. */
  get bytes(): number {
    return this.#workspace.bytes;
  }

  /**
   * Bytes of this program's own buffers and textures once calls with these scalars were made in turn, if it was never
   * called before. Nothing is allocated.
   *
   * @throws {Error} If a scalar is missing or not declared.
   * @throws {RangeError} If the device cannot hold one of the buffers.
   */
  bytesFor(calls: readonly Scalars[]): number {
    return this.#workspace.bytesFor(calls.map((scalars) => ({ scalars, steps: this.#planFor(scalars).steps })));
  }

  /**
   * Runs the graph and returns its named outputs.
   *
   * The call keeps copies of the records in `options`, but not of the arrays in `inputs`: these must not change until
   * the promise settles. Calls that are not awaited may run in another order than they were made, if one of them must
   * first compile or allocate. If they update the same weights or residents, and the order matters, make each when the
   * one before is queued.
   *
   * @throws {Error} If a scalar, input or resident is missing, if a scalar or resident is not declared, if an input has
   *   another size than its shape, or if a resident is too small or lacks a usage.
   * @throws {RangeError} If a scalar is not of its type, or if a buffer or a grid would exceed the device's limits.
   * @throws {DeviceLostError} If the device is lost before the results are here.
   */
  async run(options: RunOptions): Promise<ProgramResult> {
    options.signal?.throwIfAborted();
    return await this.#lease.use(() => this.#run(options));
  }

  /** Releases all buffers when the runs in progress have finished. */
  dispose(): void {
    this.#lease.dispose();
  }

  async #run(options: RunOptions): Promise<ProgramResult> {
    using call = await this.prepare(options);
    const result = this.#gpu.scheduler.run(call.job());
    options.onQueued?.();
    return await result;
  }

  /**
   * Prepares a call: compiles the pipelines that it lacks, and allocates memory if it does not fit. Does not wait if
   * nothing is lacking. The call keeps of `options` what {@linkcode run} keeps.
   *
   * @throws {Error} As {@linkcode run}.
   */
  async prepare(options: RunOptions): Promise<ProgramCall> {
    const plan = this.#planFor(options.scalars);
    const { scalars, steps, works } = plan;
    const residents = this.#copyOf(options.residents ?? NO_RESIDENTS);
    // What the call reads later, whatever the caller does to the records meanwhile.
    const kept = options.kept === undefined ? NO_RESIDENTS : { ...options.kept };
    const own: RunOptions = { ...options, scalars, inputs: { ...options.inputs }, residents, kept };
    const { signal } = own;
    checkKept(this.#graph, kept, scalars);
    if (!this.#isBound(plan, residents)) {
      checkResidents(this.#graph, residents, scalars);
      const missing = steps.filter((step) => this.#pipelines[step.index]?.[step.pick] === undefined);
      if (missing.length > 0) await this.#gpu.watch(() => this.#compile(missing));
      signal?.throwIfAborted();
      await this.#gpu.watch(() => this.#workspace.prepare({ scalars, steps, residents }));
    }
    const bind = (held: Allocation | null) => this.#bind(plan, residents, held);
    const { gpu, graph, workspace } = { gpu: this.#gpu, graph: this.#graph, workspace: this.#workspace };
    return new ProgramCall({ gpu, graph, workspace, plan, works, bind }, own);
  }

  /** A call's residents, which the caller cannot change; the last call's, which were copied, if they are the same. */
  #copyOf(given: Residents): Residents {
    const last = this.#bound?.residents ?? NO_RESIDENTS;
    return sameResidents(last, given) ? last : { ...given };
  }

  #planFor(scalars: Scalars): MeteredPlan {
    const { scalars: declared } = this.#graph;
    const last = this.#plan;
    if (last !== null && sameScalars(scalars, last.scalars, { count: declared.size })) return last;
    checkScalars(declared, scalars);
    const plan = planCall(this.#graph, scalars);
    const works = plan.steps.map(({ kernel, params, cost }) => {
      return { meter: this.#meter(costKind(kernel.name, params)), cost };
    });
    return this.#plan = { ...plan, works };
  }

  #isBound(plan: Plan, residents: Residents): boolean {
    const bound = this.#bound;
    return bound !== null && bound.plan === plan && bound.generation === this.#workspace.generation &&
      sameResidents(bound.residents, residents);
  }

  /**
   * The steps with all that they bind; those of the last call are reused if nothing has changed.
   *
   * @param held The memory in which the call began to run, and must continue; null if it has not begun.
   */
  #bind(plan: Plan, residents: Residents, held: Allocation | null): BoundSteps {
    const isPresent = held === null || this.#workspace.isPresent(held);
    if (isPresent && this.#isBound(plan, residents)) return this.#bound as BoundSteps;
    const { scalars, steps } = plan;
    const demand = { scalars, steps, residents };
    const allocation = isPresent ? this.#workspace.ensure(demand) : this.#workspace.complete(held, demand);
    const { generation } = this.#workspace;
    const pipelineOf = (step: Step) => this.#pipelineOf(step).pipeline;
    const bound = bindSteps(this.#graph, allocation, { plan, residents, generation, pipelineOf });
    if (isPresent) this.#bound = bound;
    return bound;
  }

  #meter(kind: string): Meter {
    let meter = this.#meters.get(kind);
    if (meter === undefined) this.#meters.set(kind, meter = this.#gpu.scheduler.meter(kind));
    return meter;
  }

  #pipelineOf({ index, pick }: Step): Pipeline {
    return this.#pipelines[index]?.[pick] as Pipeline;
  }

  /** Compiles the variants of steps in parallel. */
  async #compile(steps: readonly Step[]): Promise<void> {
    await Promise.all(steps.map(async ({ index, pick, kernel, constants }) => {
      const request = kernel.request(constants);
      const pipeline = await this.#gpu.pipelines.compile(request.key, request);
      (this.#pipelines[index] as (Pipeline | undefined)[])[pick] = pipeline;
    }));
  }
}
