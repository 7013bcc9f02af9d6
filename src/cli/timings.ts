/** Where the time of a cold command goes. */

import type { ProgressInfo } from "../io/folder/folder.ts";
import { table } from "./outputs/table.ts";

/** The phases of a command, in the order in which they are printed. */
const PHASES = {
  process: "Deno, up to the command's first line",
  import: "modules",
  adapter: "GPU adapter and device",
  read: "files of the model",
  upload: "weights checked and put on the GPU, tokenizer made",
  compile: "shaders",
  run: "texts read, computed and answered",
} as const;

type Phase = keyof typeof PHASES;

/** What a device compiles by. */
type Compiler = Pick<GPUDevice, "createShaderModule" | "createComputePipelineAsync">;

/** A stop watch of laps. */
export class Timings {
  readonly #spent = new Map<Phase, number>();
  #last = 0;

  /** Ends a lap: all since the end of the last one, or since Deno's start, counts for `phase`. */
  lap(phase: Phase, now = performance.now()): void {
    this.#add(phase, now - this.#last);
    this.#last = now;
  }

  /** Told of the files of a model as they come in: what is not spent on them is spent on their contents. */
  loading({ status }: ProgressInfo): void {
    if (status === "initiate") this.lap("upload");
    if (status === "done") this.lap("read");
  }

  /** Counts what a device spends on compiling for `compile`, from now on, and not for the lap in which it does so. */
  watch(device: Compiler): void {
    let begun = 0;
    let pending = 0;
    const begin = () => {
      if (pending++ === 0) begun = performance.now();
    };
    const end = () => {
      if (--pending > 0) return;
      const spent = performance.now() - begun;
      this.#add("compile", spent);
      this.#last += spent;
    };
    const createModule = device.createShaderModule.bind(device);
    device.createShaderModule = (descriptor) => {
      begin();
      try {
        return createModule(descriptor);
      } finally {
        end();
      }
    };
    const createPipeline = device.createComputePipelineAsync.bind(device);
    device.createComputePipelineAsync = async (descriptor) => {
      begin();
      try {
        return await createPipeline(descriptor);
      } finally {
        end();
      }
    };
  }

  /** The phases as lines, and their sum. */
  report(): string {
    const spent = (Object.keys(PHASES) as Phase[]).filter((phase) => this.#spent.has(phase));
    const rows = spent.map((phase) => [phase, this.#spent.get(phase)!, PHASES[phase]] as const);
    const total = rows.reduce((sum, [, time]) => sum + time, 0);
    return table([...rows, ["total", total, ""] as const].map(([phase, time, what]) => {
      return [phase, `${time.toFixed(0).padStart(6)} ms`, what];
    }));
  }

  #add(phase: Phase, milliseconds: number): void {
    this.#spent.set(phase, (this.#spent.get(phase) ?? 0) + milliseconds);
  }
}
