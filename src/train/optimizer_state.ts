/** The moments of an optimizer on the GPU. */

import { Lease } from "../base/lease.ts";
import { bufferSize } from "../gpu/buffers.ts";
import type { Residents } from "../graph/program/residents.ts";
import type { ModelCore } from "../model/core.ts";
import type { ElementSource, Parameter } from "../nn/parameters.ts";
import type { GatheredTensor } from "../nn/layout/placement.ts";
import { readTensors } from "../nn/layout/reading.ts";
import { Uploader } from "../nn/layout/upload.ts";
import type { Moments } from "./moments.ts";
import type { Phase, PhaseProgram, StepPrograms } from "./update.ts";

/** What a program of a step needs. */
export interface PhaseState {
  readonly learning: PhaseProgram;
  readonly residents: Residents;
}

/** Owns the moments and the state of an optimizer. They are allocated at the first step. Keeps the model meanwhile. */
export class OptimizerState {
  readonly #core: ModelCore;
  readonly #programs: StepPrograms;
  readonly #lease = new Lease("Cannot use the optimizer: it was disposed of", () => this.#free());
  /** Held by the steps that have begun. */
  readonly #steps = new Lease("", () => {});
  readonly #residents = new Map<string, GPUBuffer>();
  /** Those of each program, which are the same objects in each call. */
  readonly #ofPhase = new Map<Phase, Residents>();
  /** The weights that the moments are of; null before the first step. */
  #parameters: readonly Parameter[] | null = null;

  constructor(core: ModelCore, programs: StepPrograms) {
    this.#core = core;
    this.#programs = programs;
    core.retain();
  }

  /** Keeps moments and model until work is done, its wait for its turn too. */
  keep<T>(work: () => Promise<T>): Promise<T> {
    return this.#lease.use(work);
  }

  /** Takes a step by what a program needs. Whoever calls it keeps the moments. */
  step<T>(work: (stateOf: (phase: Phase) => Promise<PhaseState>) => Promise<T>): Promise<T> {
    return this.#steps.use(() =>
      work(async (phase) => ({ learning: this.#programs[phase], residents: await this.#allocated(phase) }))
    );
  }

  /** A program of a step, and the bytes of its residents. Nothing is allocated. */
  plan(phase: Phase): Promise<{ learning: PhaseProgram; optimizer: number }> {
    const learning = this.#programs[phase];
    return this.#lease.use(() =>
      this.#withParameters((parameters) => {
        const bytes = [...learning.residentBytes(parameters).values()].map(bufferSize);
        return Promise.resolve({ learning, optimizer: bytes.reduce((a, b) => a + b, 0) });
      })
    );
  }

  /** Settles when the steps that have begun are done. */
  idle(): Promise<void> {
    return this.#steps.idle();
  }

  /** Allocates the moments, unless they are there, and checks that they are of the model's weights. */
  async ready(): Promise<void> {
    await this.#allocated("whole");
  }

  /** Reads moments back, and the record of the last step, as tensors by name. */
  async read(moments: Moments): Promise<Map<string, GatheredTensor>> {
    const residents = await this.#allocated("whole");
    const matrices = moments.matrices(this.#parameters as readonly Parameter[]);
    return await readTensors(
      this.#core.gpu,
      matrices.map(({ resident, bytes, parts }) => ({
        buffer: residents[resident] as GPUBuffer,
        bytes,
        dtype: "f32",
        parts,
      })),
    );
  }

  /** Writes over moments and the record of the last step. No step may have begun. */
  async write(moments: Moments, source: ElementSource): Promise<void> {
    const residents = await this.#allocated("whole");
    const matrices = moments.matrices(this.#parameters as readonly Parameter[]).map((matrix) => {
      const buffer = residents[matrix.resident] as GPUBuffer;
      return { ...matrix, label: matrix.resident, buffer, dtype: "f32" as const };
    });
    const uploader = new Uploader(this.#core.gpu, matrices);
    for (const matrix of matrices) {
      uploader.upload(matrix, matrix.parts.map(({ name }) => source.get(name))).forEach(() => {});
    }
    await this.#core.gpu.confirm();
  }

  /** Frees the moments when nobody keeps them any more. */
  dispose(): void {
    this.#lease.dispose();
  }

  #allocated(phase: Phase): Promise<Residents> {
    return this.#withParameters(async (parameters) => {
      let residents = this.#ofPhase.get(phase);
      if (residents === undefined) this.#ofPhase.set(phase, residents = await this.#allocate(phase, parameters));
      this.#parameters = parameters;
      return residents;
    });
  }

  /** Does work with the model's weights, after checking that the moments are of them. */
  #withParameters<T>(work: (parameters: readonly Parameter[]) => Promise<T>): Promise<T> {
    return this.#core.use(({ parameters }) => {
      if (this.#parameters !== null && this.#parameters !== parameters) {
        throw new Error(
          "Cannot use the optimizer: the moments must be those of the model's weights, but heads were pruned since they " +
            "were made; make a new optimizer after prune_heads",
        );
      }
      return work(parameters);
    });
  }

  /**
   * The residents of a program; those that other programs have not made yet hold zeros. Waits for the device's errors of
   * memory; after an error nothing more is allocated than before.
   */
  async #allocate(phase: Phase, parameters: readonly Parameter[]): Promise<Residents> {
    const { gpu } = this.#core;
    const missing = [...this.#programs[phase].residentBytes(parameters)].filter(([name]) => !this.#residents.has(name));
    const made = new Map<string, GPUBuffer>();
    try {
      await gpu.scoped("make room for the moments on the GPU", () => {
        if (missing.length === 0) return;
        const encoder = gpu.device.createCommandEncoder();
        for (const [name, bytes] of missing) made.set(name, gpu.buffers.acquireZeros(bytes, name, encoder));
        gpu.device.queue.submit([encoder.finish()]);
      });
    } catch (error) {
      for (const buffer of made.values()) gpu.buffers.release(buffer);
      gpu.buffers.trim(); // A buffer that does not work must not be lent again.
      throw error;
    }
    for (const [name, buffer] of made) this.#residents.set(name, buffer);
    const names = this.#programs[phase].residentBytes(parameters).keys();
    return Object.fromEntries([...names].map((name) => [name, this.#residents.get(name) as GPUBuffer]));
  }

  #free(): void {
    for (const buffer of this.#residents.values()) this.#core.gpu.buffers.release(buffer);
    this.#residents.clear();
    this.#ofPhase.clear();
    for (const program of Object.values(this.#programs)) this.#core.forget(program);
    this.#core.release();
  }
}
