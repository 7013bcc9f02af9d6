import assert from "node:assert/strict";
import { Interrupted } from "../../src/cli/interrupts.ts";
import { main } from "../../src/cli/main.ts";
import { folderOf, type TemporaryFolder } from "./folders.ts";
import { runDeno } from "./processes.ts";
import { chunks, MemoryTerminal } from "./terminals.ts";

const MAIN = new URL("../../src/cli/main.ts", import.meta.url).href;

/** More texts than are answered while a test looks on. */
const MANY = 20_000;

/** A folder with a file of many texts, `many.jsonl`. */
async function manyTexts(): Promise<TemporaryFolder> {
  const lines = Array.from({ length: MANY }, (_, id) => JSON.stringify({ id, text: `a large animal number ${id}` }));
  return await folderOf({ "many.jsonl": lines.join("\n") });
}

/** Starts a command in a process of its own. */
function start(args: string[], options: { cwd?: string; stdin?: "piped" | "null" } = {}) {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "--allow-read", MAIN, ...args],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    ...options,
  }).spawn();
}

/** How a process ends by itself within ten seconds. */
async function ended(child: Deno.ChildProcess): Promise<{ code: number; stderr: string }> {
  const killer = setTimeout(() => child.kill("SIGKILL"), 10_000);
  if (!child.stdout.locked) await child.stdout.cancel();
  const [{ code }, stderr] = await Promise.all([child.status, new Response(child.stderr).text()]);
  clearTimeout(killer);
  return { code, stderr };
}

Deno.test("a closed pipe ends a long run quietly", async () => {
  await using folder = await manyTexts();
  const child = start(["classify", "--jsonl", "-i", "many.jsonl"], { cwd: folder.path });
  const reader = child.stdout.getReader();
  const { value } = await reader.read();
  assert.match(new TextDecoder().decode(value), /^\{"id":0,/);
  await reader.cancel();
  const [{ code }, stderr] = await Promise.all([child.status, new Response(child.stderr).text()]);
  assert.deepEqual({ code, stderr: stderr.replaceAll(/^error: XDG.*\n/gm, "") }, { code: 0, stderr: "" });
});

for (const [signal, expected] of [["SIGINT", 130], ["SIGTERM", 143]] as const) {
  Deno.test(`${signal} in a long run leaves complete lines, and exits with ${expected}`, async () => {
    await using folder = await manyTexts();
    const child = start(["classify", "--jsonl", "-i", "many.jsonl"], { cwd: folder.path });
    const stderr = new Response(child.stderr).text();
    let stdout = "";
    for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
      if (stdout === "") child.kill(signal);
      stdout += text;
    }
    assert.equal((await child.status).code, expected);
    assert.match(await stderr, new RegExp(`^narrowbert: ended by ${signal}$`, "m"));
    assert(stdout.endsWith("}\n"), stdout.slice(-100));
    const ids = stdout.trimEnd().split("\n").map((line) => JSON.parse(line).id);
    assert(ids.every((id, i) => i === 0 || id > ids[i - 1]), "in their order");
    assert(ids.length < MANY);
  });
}

Deno.test("a run that cannot go on ends while its input stays open", async (t) => {
  for (const line of ["person ".repeat(100), "{broken"]) {
    await t.step(`as ${JSON.stringify(line.slice(0, 20))} cannot be answered`, async () => {
      const child = start(["classify", "--jsonl", "--format", line === "{broken" ? "jsonl" : "txt"], {
        stdin: "piped",
      });
      const input = child.stdin.getWriter();
      await input.write(new TextEncoder().encode(`${line}\n`));
      const { code, stderr } = await ended(child);
      assert.match(stderr, /^narrowbert: standard input:1: .*\n$/m);
      assert.equal(code, 1);
      await input.abort().catch(() => {}); // nobody reads it any more
    });
  }
  await t.step("as its output is closed", async () => {
    const child = start(["classify", "--jsonl"], { stdin: "piped" });
    await child.stdout.cancel();
    const input = child.stdin.getWriter();
    await input.write(new TextEncoder().encode("a large animal\n"));
    assert.equal((await ended(child)).code, 0);
    await input.abort().catch(() => {});
  });
});

Deno.test("SIGINT ends a run whose output nobody reads on, after a complete line", async () => {
  await using folder = await manyTexts();
  const child = start(["tokenize", "--jsonl", "-i", "many.jsonl"], { cwd: folder.path });
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let { value: stdout = "" } = await reader.read();
  await new Promise((resolve) => setTimeout(resolve, 1000)); // the pipe is full
  child.kill("SIGINT");
  const killer = setTimeout(() => child.kill("SIGKILL"), 10_000);
  const { code } = await child.status;
  clearTimeout(killer);
  for (let part = await reader.read(); !part.done; part = await reader.read()) stdout += part.value;
  const stderr = await new Response(child.stderr).text();
  assert.equal(code, 130);
  assert.match(stderr, /^narrowbert: ended by SIGINT$/m);
  assert(stdout.endsWith("}\n"), stdout.slice(-100));
});

for (const format of ["table", "jsonl"]) {
  Deno.test(`answers as ${format} come while more texts are waited for`, async () => {
    const child = start(["classify", ...(format === "jsonl" ? ["--jsonl"] : [])], { stdin: "piped" });
    const stderr = new Response(child.stderr).text();
    const input = child.stdin.getWriter();
    const output = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
    for (const text of ["a large animal", "a can for holding soft drinks"]) {
      await input.write(new TextEncoder().encode(`${text}\n`));
      const { value } = await output.read();
      assert.match(value!, new RegExp(`${text}.*\\n$`));
    }
    await input.close();
    assert.equal((await output.read()).done, true);
    assert.equal((await child.status).code, 0, await stderr);
    await stderr;
  });
}

for (const format of ["--json", "--jsonl"]) {
  Deno.test(`an interrupted run prints what is answered: ${format}`, async () => {
    const controller = new AbortController();
    async function* endless() {
      for (;;) {
        yield* chunks("a large animal\n");
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
    }
    const terminal = new MemoryTerminal(endless(), controller.signal);
    // The bar tells that texts are answered, which are not printed yet if they are to be an array.
    terminal.statusStyle = { columns: 80, color: false };
    terminal.status = (line) => {
      if (line.includes("answered")) controller.abort(new Interrupted("SIGTERM"));
      return Promise.resolve();
    };
    assert.equal(await main(["classify", format], terminal), 143);
    const { stdout } = terminal;
    const answers = format === "--json" ? JSON.parse(stdout) : stdout.trimEnd().split("\n").map((l) => JSON.parse(l));
    assert(answers.length > 0 && answers.every(({ text }: { text: string }) => text === "a large animal"), stdout);
    assert.equal(terminal.stderr, "narrowbert: ended by SIGTERM\n");
  });
}

Deno.test("a terminal has a bar while texts are answered, and none afterwards", async () => {
  await using folder = await folderOf({ "in.txt": "a large animal\n".repeat(100) });
  const terminal = new MemoryTerminal();
  terminal.statusStyle = { columns: 80, color: false };
  assert.equal(await main(["classify", "-i", `${folder.path}/in.txt`], terminal), 0);
  assert.equal(terminal.statuses.at(-1), "");
});

Deno.test("--timings says where the time of a command went", async () => {
  const { code, stdout, stderr } = await runDeno(["--allow-read", MAIN, "fill-mask", "--timings", "a [MASK]"]);
  assert.equal(code, 0);
  assert.equal(stdout.split("\n").length, 6);
  const rows = stderr.split("\n").map((line) => /^([a-z]+) +(\d+) ms/.exec(line)).filter((row) => row !== null);
  assert.deepEqual(rows.map(([, phase]) => phase), [
    ...["process", "import", "adapter", "read", "upload", "compile", "run", "total"],
  ]);
  const times = rows.map(([, , time]) => Number(time));
  const sum = times.slice(0, -1).reduce((a, b) => a + b);
  assert(Math.abs(sum - times.at(-1)!) <= 4, stderr);
});
