/** The driver's end of a side: a process with one bench file of one tree, which does one thing at a time. */

import { fileURLToPath } from "node:url";
import { type Answer, lineOf, linesOf, parseAnswer, type Request } from "./protocol.ts";
import type { SampleSize } from "./sample.ts";
import type { Time } from "./stopwatch.ts";

/** A checkout, and what it is called. */
export interface Tree {
  label: string;
  root: URL;
}

/** A side's process has ended or is not understood: nothing more can be asked of it. */
export class SideError extends Error {
  override name = "SideError";
}

/** The modules of `bench/` that have a stand-in in `shims/`. */
const SHIMMED = ["interleaved.ts", "rate.ts"];
const SHIMS = new URL("shims/", import.meta.url);

const BENCH = "deno bench ";

/** A bench file of a tree at work. */
export class Side implements Disposable {
  readonly #name: string;
  readonly #child: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #output: AsyncGenerator<string, void>;
  readonly #errors: Promise<string>;

  /** Starts the process of `bench/FILE_bench.ts`. */
  constructor({ label, root }: Tree, file: string) {
    this.#name = `${file} of ${label}`;
    const args = [
      "run",
      "--quiet",
      `--config=${fileURLToPath(new URL("deno.json", root))}`,
      `--import-map=${importMapOf(root)}`,
      ...flagsOf(root),
      fileURLToPath(new URL("worker.ts", import.meta.url)),
      new URL(`bench/${file}_bench.ts`, root).href,
    ];
    const command = new Deno.Command("deno", { args, cwd: root, stdin: "piped", stdout: "piped", stderr: "piped" });
    this.#child = command.spawn();
    this.#input = this.#child.stdin.getWriter();
    this.#output = linesOf(this.#child.stdout);
    this.#errors = new Response(this.#child.stderr).text();
  }

  /** The names of its works; to be called once, and first. Resolves when the file has been imported. */
  async works(): Promise<string[]> {
    const answer = await this.#answer();
    return "works" in answer ? answer.works : this.#refuse(answer);
  }

  /** Warms up for a work; the time of doing it once. */
  warmUp(work: string): Promise<Time> {
    return this.#time({ work, size: null });
  }

  /** Takes one sample. */
  sample(work: string, size: SampleSize): Promise<Time> {
    return this.#time({ work, size });
  }

  /** Ends the process, whatever it is doing. */
  [Symbol.dispose](): void {
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // It has ended.
    }
  }

  async #time(request: Request): Promise<Time> {
    try {
      await this.#input.write(lineOf(request));
    } catch {
      // It has ended: there will be no answer either.
    }
    const answer = await this.#answer();
    return "time" in answer ? answer.time : this.#refuse(answer);
  }

  async #answer(): Promise<Answer> {
    const { value: line } = await this.#output.next();
    if (typeof line !== "string") {
      const { code } = await this.#child.status;
      const printed = (await this.#errors).trim();
      throw new SideError(`Cannot time ${this.#name}: its process ended with code ${code}, and printed:\n${printed}`);
    }
    const answer = this.#parse(line);
    if ("error" in answer) throw new Error(`Cannot time ${this.#name}: ${answer.error}`);
    return answer;
  }

  #parse(line: string): Answer {
    try {
      return parseAnswer(line);
    } catch (error) {
      throw new SideError(`Cannot time ${this.#name}: ${(error as Error).message}`);
    }
  }

  #refuse(answer: Answer): never {
    throw new SideError(`Cannot time ${this.#name}: it answered ${JSON.stringify(answer)} to another question`);
  }
}

/** What a tree's own `bench` task gives its benches: permissions and environment. */
function flagsOf(root: URL): string[] {
  const { tasks }: { tasks?: { bench?: string | { command?: string } } } = JSON.parse(
    Deno.readTextFileSync(new URL("deno.json", root)),
  );
  const command = typeof tasks?.bench === "object" ? tasks.bench.command : tasks?.bench;
  if (command?.startsWith(BENCH)) return command.slice(BENCH.length).split(" ");
  throw new Error(
    `Cannot run benches of ${root.pathname}: its task "bench" must begin with "${BENCH}", got "${command}"`,
  );
}

/** An import map by which a tree's benches load the stand-ins, and the stand-ins load the tree's originals. */
function importMapOf(root: URL): string {
  const imports: Record<string, string> = {};
  const originals: Record<string, string> = {};
  for (const name of SHIMMED) {
    const original = new URL(`bench/${name}`, root).href;
    imports[original] = new URL(name, SHIMS).href;
    originals[new URL(`../${name}`, import.meta.url).href] = original;
  }
  const map = { imports, scopes: { [SHIMS.href]: originals } };
  return `data:application/json,${encodeURIComponent(JSON.stringify(map))}`;
}
