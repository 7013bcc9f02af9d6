/** Progress events of loading, in the shapes of transformers.js. */

/**
 * One event of loading a model. `name` is the model's location; `loaded` and `total` are bytes, `progress` percent. The last
 * event of a pipeline is `ready`.
 */
export type ProgressInfo =
  | { status: "initiate" | "download" | "done"; name: string; file: string }
  | { status: "progress"; name: string; file: string; progress: number; loaded: number; total: number }
  | { status: "progress_total"; name: string; progress: number; loaded: number; total: number }
  | { status: "ready"; task: string; model: string };

/** Receives the events. If it throws, loading fails with that error. */
export type ProgressCallback = (info: ProgressInfo) => void;

/** Reports to a callback how the files of one model are read. */
export class ProgressReporter {
  readonly #name: string;
  readonly #callback: ProgressCallback | undefined;
  readonly #files = new Map<string, { loaded: number; total: number }>();

  /**
   * @param name The model's location.
   * @param callback Receives the events; without it nothing is reported.
   */
  constructor(name: string, callback: ProgressCallback | undefined) {
    this.#name = name;
    this.#callback = callback;
  }

  /** A file is requested (`initiate`), its first bytes arrive (`download`), or it is complete (`done`). */
  report(status: "initiate" | "download" | "done", file: string): void {
    this.#callback?.({ status, name: this.#name, file });
  }

  /** Reports the bytes of a file so far, `total` if it is known, and then the sum over the files begun so far. */
  advance(file: string, loaded: number, total = loaded): void {
    this.#files.set(file, { loaded, total });
    this.#callback?.({ status: "progress", name: this.#name, file, ...share(loaded, total) });
    const files = [...this.#files.values()];
    const sum = (field: "loaded" | "total") => files.reduce((n, size) => n + size[field], 0);
    this.#callback?.({ status: "progress_total", name: this.#name, ...share(sum("loaded"), sum("total")) });
  }
}

/** Reports nothing. */
export const SILENT = new ProgressReporter("", undefined);

function share(loaded: number, total: number): { progress: number; loaded: number; total: number } {
  return { progress: total === 0 ? 100 : 100 * loaded / total, loaded, total };
}
