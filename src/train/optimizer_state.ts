/** The moments of an optimizer on the GPU. */

import { Lease } from "../base/lease.ts";
import type { Residents } from "../graph/program/residents.ts";
import type { ModelCore } from "../model/core.ts";
import type { Parameter } from "../nn/parameters.ts";
import type { StepProgram } from "./update.ts";

/** What a step needs. */
export interface StepState {
  readonly learning: StepProgram;
  readonly residents: Residents;
}

/** Owns the moments and the state of an optimizer. They are allocated at the first step. */
export class OptimizerState {
  readonly #core: ModelCore;
  readonly #program: StepProgram;
  readonly #lease = new Lease("Cannot take a step: the optimizer was disposed of", () => this.#free());
  #residents: Record<string, GPUBuffer> | null = null;
  /** The weights that the moments are of. */
  #parameters: readonly Parameter[] = [];
  #disposed = false;

  constructor(core: ModelCore, program: StepProgram) {
    this.#core = core;
    this.#program = program;
  }

  /** Does work with the moments, which stay on the GPU until it is done. */
  use<T>(work: (state: StepState) => Promise<T>): Promise<T> {
    return this.#lease.use(async () => {
      const residents = await this.#allocated();
      return await work({ learning: this.#program, residents });
    });
  }

  /** Frees the moments after the work under way. @returns Whether that was not done before. */
  dispose(): boolean {
    if (this.#disposed) return false;
    this.#disposed = true;
    this.#lease.dispose();
    return true;
  }

  #allocated(): Promise<Residents> {
    return this.#core.use((runner) => {
      const { parameters } = runner;
      if (this.#residents === null) {
        this.#residents = this.#allocate(parameters);
        this.#parameters = parameters;
      }
      if (this.#parameters !== parameters) {
        throw new Error(
          "Cannot take a step: the moments must be those of the model's weights, but heads were pruned since they were " +
            "made; make a new optimizer after prune_heads",
        );
      }
      return Promise.resolve(this.#residents);
    });
  }

  #allocate(parameters: readonly Parameter[]): Record<string, GPUBuffer> {
    const { buffers } = this.#core.gpu;
    const residents: Record<string, GPUBuffer> = {};
    try {
      const all = this.#program.residentBytes(parameters);
      for (const [name, bytes] of all) residents[name] = buffers.acquireZeros(bytes, name);
    } catch (error) {
      for (const buffer of Object.values(residents)) buffers.release(buffer);
      throw error;
    }
    return residents;
  }

  #free(): void {
    for (const buffer of Object.values(this.#residents ?? {})) this.#core.gpu.buffers.release(buffer);
    this.#residents = null;
  }
}
