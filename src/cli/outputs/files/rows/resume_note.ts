/** The note beside an output that is not complete: what it was begun with. `--resume` must be given the same. */

import { isObject } from "../../../../base/json.ts";
import { shown } from "../../../../base/messages.ts";
import { writeAll } from "../../../../io/local/atomic_write.ts";
import { openLocked, removeLocked } from "../lock.ts";
import { writeError } from "../place.ts";

/** What decides the rows of an output, as JSON. */
export interface Origin {
  readonly command: string;
  /** The format of the output. */
  readonly format: string;
  /** The options that change rows, by name; those that are not given are not there. */
  readonly options: Readonly<Record<string, unknown>>;
  /** The input: checksums of files, `null` of what can be read once only, which its rows alone tell. */
  readonly input: readonly { readonly name: string; readonly sha256: string | null }[];
  /** The columns of the answers. */
  readonly columns: readonly string[];
  /** Checksums of the model and its tokenizer. */
  readonly model: Readonly<Record<string, string>>;
}

/** What is known before the model is loaded. */
export type EarlyOrigin = Omit<Origin, "columns" | "model">;

/** The path of the note of an output. */
export function notePathOf(output: string): string {
  return `${output}.resume`;
}

/** The note of one output, which no other process can take meanwhile. */
export class ResumeNote {
  readonly #file: Deno.FsFile;
  readonly #path: string;

  private constructor(file: Deno.FsFile, path: string) {
    this.#file = file;
    this.#path = path;
  }

  /**
   * Takes the note of an output.
   *
   * @param output The path of the output.
   * @param options `create`: whether to make one if there is none.
   * @returns `null` if there is none.
   * @throws {UsageError} If another process writes the output.
   */
  static async take(output: string, { create }: { create: boolean }): Promise<ResumeNote | null> {
    const path = notePathOf(output);
    const file = await openLocked(path, { output, create });
    return file === null ? null : new ResumeNote(file, path);
  }

  /** What it says; `null` if it was not written to its end, as then nothing else was. */
  async read(): Promise<Origin | null> {
    await this.#file.seek(0, Deno.SeekMode.Start);
    const parts: Uint8Array[] = [];
    for (let part = new Uint8Array(2 ** 16), count; (count = await this.#file.read(part)) !== null;) {
      parts.push(part.subarray(0, count));
      part = new Uint8Array(2 ** 16);
    }
    try {
      const found: unknown = JSON.parse(await new Blob(parts as Uint8Array<ArrayBuffer>[]).text());
      return isObject(found) && Array.isArray(found.columns) ? found as unknown as Origin : null;
    } catch {
      return null;
    }
  }

  /** Writes it, and waits until it is on the disk. */
  async write(origin: Origin): Promise<void> {
    try {
      await this.#file.truncate(0);
      await this.#file.seek(0, Deno.SeekMode.Start);
      await writeAll(this.#file, new TextEncoder().encode(`${JSON.stringify(origin, null, 2)}\n`));
      await this.#file.sync();
    } catch (error) {
      throw writeError(this.#path, error);
    }
  }

  /** Removes it: the output is complete, or was not begun. */
  async remove(): Promise<void> {
    await removeLocked(this.#path, this.#file);
  }

  /** Leaves it to a later run. One that says nothing is of no use to that. */
  async leave(): Promise<void> {
    const { size } = await this.#file.stat();
    if (size === 0) await this.remove();
    else this.#file.close();
  }
}

/** How what is asked for differs from what an output was begun with, in a sentence; `null` if it does not. */
export function differenceOf(begun: Partial<Origin>, asked: Partial<Origin>): string | null {
  if (begun.command !== asked.command) return `it was begun by narrowbert ${begun.command}`;
  if (begun.format !== asked.format) return `it was begun as ${begun.format}, and ${asked.format} is asked for`;
  const [before, now] = [begun.options ?? {}, asked.options ?? {}];
  for (const name of new Set([...Object.keys(before), ...Object.keys(now)])) {
    const [was, is] = [before[name], now[name]];
    if (JSON.stringify(was) !== JSON.stringify(is)) {
      return `it was begun with ${given(name, was)}, and has ${given(name, is)} now`;
    }
  }
  const [inputs, others] = [begun.input ?? [], asked.input ?? []];
  if (inputs.length !== others.length) {
    return `it was begun with ${inputs.length} inputs, and there are ${others.length} now`;
  }
  for (const [i, { name, sha256 }] of inputs.entries()) {
    const { name: own, sha256: found } = others[i]!;
    if (sha256 !== null && found !== null && sha256 !== found) {
      return name === own
        ? `its input has changed: ${name} holds something else now`
        : `it was begun with ${name}, and ${own} holds something else`;
    }
  }
  if (asked.model === undefined) return null;
  const part = Object.keys({ ...begun.model, ...asked.model }).find((name) =>
    begun.model?.[name] !== asked.model?.[name]
  );
  if (part !== undefined) return `it was begun with another model: the ${part} differs`;
  return JSON.stringify(begun.columns) === JSON.stringify(asked.columns) ? null : "its answers had other columns";
}

function given(name: string, value: unknown): string {
  return value === undefined || value === false
    ? `no --${name}`
    : value === true
    ? `--${name}`
    : `--${name} ${shown(value)}`;
}
