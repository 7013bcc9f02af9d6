/** Measures how long each phase of a command takes, for `--timings`. */

import type { PipelineCache } from "../gpu/pipelines.ts";
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

/** A stopwatch with laps. */
export class Timings {
  readonly #spent = new Map<Phase, number>();
  #compiler: Pick<PipelineCache, "compileMilliseconds"> | null = null;
  /** End of the last lap, and what was compiled before it, in ms. */
  #last = 0;
  #compiled = 0;

  /** Ends a lap: the time since the end of the last one, or since Deno's start, counts for `phase`. */
  lap(phase: Phase, now = performance.now()): void {
    const compiled = this.#compiler?.compileMilliseconds ?? 0;
    this.#add("compile", compiled - this.#compiled);
    this.#add(phase, now - this.#last - (compiled - this.#compiled));
    this.#last = now;
    this.#compiled = compiled;
  }

  /** Receives the progress of reading a model's files: the time between them is spent on their contents. */
  loading({ status }: ProgressInfo): void {
    if (status === "initiate") this.lap("upload");
    if (status === "done") this.lap("read");
  }

  /** From now on, what a device spends on compiling counts for `compile`, and not for the lap in which it does so. */
  watch(compiler: Pick<PipelineCache, "compileMilliseconds">): void {
    this.#compiler = compiler;
    this.#compiled = compiler.compileMilliseconds;
  }

  /** The phases as lines, and their sum. */
  report(): string {
    const phases = (Object.keys(PHASES) as Phase[]).filter((phase) => this.#spent.has(phase));
    const line = (name: string, time: number, about: string) => [name, `${time.toFixed(0).padStart(6)} ms`, about];
    const total = [...this.#spent.values()].reduce((sum, time) => sum + time, 0);
    return table([
      ...phases.map((phase) => line(phase, this.#spent.get(phase)!, PHASES[phase])),
      line("total", total, ""),
    ]);
  }

  #add(phase: Phase, milliseconds: number): void {
    if (milliseconds > 0) this.#spent.set(phase, (this.#spent.get(phase) ?? 0) + milliseconds);
  }
}
