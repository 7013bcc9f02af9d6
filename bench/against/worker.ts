/**
 * The worker's end of a side: imports the bench file in its argument, tells which works that has, and then does one
 * thing for each line on its standard input. Between lines it sleeps.
 */

import { replaceDenoBench, works } from "./collector.ts";
import { type Answer, lineOf, linesOf, parseRequest, type Request } from "./protocol.ts";
import { sample, warmUp } from "./sample.ts";

console.log = console.info = console.debug = console.error; // What benches print must not mix with the answers.
// Before the benches' own listeners, which would report what was not run.
globalThis.addEventListener("unload", (event) => event.stopImmediatePropagation());
replaceDenoBench();
await import(Deno.args[0] ?? "");

const output = Deno.stdout.writable.getWriter();
await output.write(lineOf({ works: [...works.keys()] }));
for await (const line of linesOf(Deno.stdin.readable)) {
  await output.write(lineOf(await answer(parseRequest(line))));
}
Deno.exit(0); // The device would keep the process alive.

async function answer({ work: name, size }: Request): Promise<Answer> {
  const work = works.get(name);
  if (work === undefined) return { error: `there is no work "${name}" here` };
  try {
    return { time: size === null ? await warmUp(work) : await sample(work, size) };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}
