/**
 * A compiled graph: traced once, replayed for every call.
 *
 * A call whose sizes fit the current capacity creates no buffer, no bind group and no pipeline: it writes one buffer of
 * sizes and inputs, encodes the dispatches, submits once and waits once. One whose scalars are those of the call before
 * works nothing out again either.
 */

import { Lease } from "../../base/lease.ts";
import type { Gpu } from "../../gpu/device.ts";
import type { Meter, Work } from "../../gpu/scheduler/meter.ts";
import type { Pipeline } from "../../gpu/pipelines.ts";
import { bindSteps, type BoundSteps } from "./bound_steps.ts";
import type { Graph } from "../graph.ts";
import type { Allocation } from "./allocation.ts";
import { ProgramCall, type ProgramResult, type RunOptions } from "./program_call.ts";
import { checkResidents, type Residents, sameResidents } from "./residents.ts";
import { checkScalars, sameScalars } from "./scalars.ts";
import type { Scalar, Scalars } from "../shape.ts";
import { planSteps, type Step } from "./steps.ts";
import { type Demand, Workspace } from "./workspace.ts";

export type { ProgramResult, RunOptions } from "./program_call.ts";

/** The steps of the last scalars. */
interface Plan {
  readonly scalars: Scalars;
  readonly steps: readonly Step[];
  readonly works: readonly Work[];
}

/** Replays a graph on a device. Calls may overlap. */
export class Program {
  readonly #gpu: Gpu;
  readonly #graph: Graph;
  readonly #pipelines: (Pipeline | undefined)[][];
  readonly #workspace: Workspace;
  #plan: Plan | null = null;
  #bound: BoundSteps | null = null;
  /** By kernel: how fast this program's calls of it are. */
  readonly #meters = new Map<string, Meter>();
  /** Held by the runs under way. */
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
    return await this.#lease.use(() => this.#run(options));
  }

  /** Gives all buffers back, after the runs under way. */
  dispose(): void {
    this.#lease.dispose();
  }

  async #run(options: RunOptions): Promise<ProgramResult> {
    const { scalars, residents = {}, signal } = options;
    const { steps, works } = this.#planFor(scalars);
    checkResidents(this.#graph, residents, scalars);
    const missing = steps.filter((step) => this.#pipelines[step.index]?.[step.pick] === undefined);
    if (missing.length > 0) await this.#gpu.watch(() => this.#compile(missing));
    signal?.throwIfAborted();
    const demand = { scalars, steps, residents };
    if (!this.#isBound(steps, residents)) await this.#gpu.watch(() => this.#workspace.prepare(demand));
    const bind = (held: Allocation | null) => this.#bind(demand, held);
    const { gpu, graph, workspace } = { gpu: this.#gpu, graph: this.#graph, workspace: this.#workspace };
    using call = new ProgramCall({ gpu, graph, workspace, steps, works, bind }, options);
    return await gpu.scheduler.run(call.job());
  }

  #planFor(scalars: Scalars): Plan {
    const { scalars: declared } = this.#graph;
    const last = this.#plan;
    if (last !== null && sameScalars(scalars, last.scalars, { count: declared.size })) return last;
    checkScalars(declared, scalars);
    const steps = planSteps(this.#graph, scalars);
    const works = steps.map(({ kernel, cost }) => ({ meter: this.#meter(kernel.name), cost }));
    const plan = { scalars: { ...scalars }, steps, works };
    this.#plan = plan;
    return plan;
  }

  #isBound(steps: readonly Step[], residents: Residents): boolean {
    const bound = this.#bound;
    return bound !== null && bound.of === steps && bound.generation === this.#workspace.generation &&
      sameResidents(this.#graph, bound.residents, residents);
  }

  /**
   * The steps with all that they bind: those of the last call, if nothing has changed since.
   *
   * @param held Memory in which the call began to run, and must go on; null for the present one.
   */
  #bind(demand: Demand, held: Allocation | null): BoundSteps {
    const { steps, residents } = demand;
    const isPresent = held === null || this.#workspace.isPresent(held);
    if (isPresent && this.#isBound(steps, residents)) return this.#bound as BoundSteps;
    const allocation = isPresent ? this.#workspace.ensure(demand) : this.#workspace.complete(held, demand);
    const { generation } = this.#workspace;
    const pipelineOf = (step: Step) => this.#pipelineOf(step).pipeline;
    const bound = bindSteps(this.#graph, allocation, { ...demand, generation, pipelineOf });
    if (isPresent) this.#bound = bound;
    return bound;
  }

  #meter(kernel: string): Meter {
    let meter = this.#meters.get(kernel);
    if (meter === undefined) this.#meters.set(kernel, meter = this.#gpu.scheduler.meter(kernel));
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
