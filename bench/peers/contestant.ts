/** The near end of a party's process: its result, and then one sample at a time. */

import { fileURLToPath } from "node:url";
import type { Work } from "./works.ts";

/** The condition picks the build of ONNX Runtime Web that can be told where its WebAssembly lies. */
const OPTIONS = ["--no-prompt", "--allow-all", "--conditions=onnxruntime-web-use-extern-wasm"];

/** Milliseconds of a sample. */
export interface Sample {
  wall: number;
  /** CPU time of all threads of the party's process. */
  cpu: number;
}

/** A party at work. */
export class Contestant {
  readonly party: string;
  readonly #child: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #output: ReadableStreamDefaultReader<string>;

  private constructor(party: string, child: Deno.ChildProcess) {
    this.party = party;
    this.#child = child;
    this.#input = child.stdin.getWriter();
    this.#output = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  }

  /** Starts `party` on `work`, and waits until it has written its result to a file and is ready to be timed. */
  static async start(party: string, work: Work, file: string): Promise<Contestant> {
    const script = fileURLToPath(new URL(`${party}.ts`, import.meta.url));
    const args = ["run", ...OPTIONS, script, JSON.stringify(work), file];
    const command = new Deno.Command(Deno.execPath(), { args, stdin: "piped", stdout: "piped" });
    const contestant = new Contestant(party, command.spawn());
    await contestant.#answer();
    return contestant;
  }

  /** One more sample. */
  async sample(): Promise<Sample> {
    await this.#input.write(new TextEncoder().encode("\n"));
    const [wall = NaN, cpu = NaN] = (await this.#answer()).split(" ").map(Number);
    return { wall, cpu };
  }

  /** Ends the process, if it has not ended by itself. */
  async stop(): Promise<void> {
    await this.#input.close().catch(() => {});
    await this.#output.cancel();
    await this.#child.status;
  }

  /** A line of the party's; it is short and alone on its way, as nothing is asked before it has come. */
  async #answer(): Promise<string> {
    const { value } = await this.#output.read();
    if (value === undefined) throw new Error(`Cannot time ${this.party}: its process ended`);
    return value.trim();
  }
}
