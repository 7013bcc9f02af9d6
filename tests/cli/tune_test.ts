import assert from "node:assert/strict";
import { requestGpu } from "../../src/gpu/device.ts";
import { Interrupted } from "../../src/cli/interrupts.ts";
import { main } from "../../src/cli/main.ts";
import { candidates } from "../../src/kernels/tuning/candidates.ts";
import { defaultTuning } from "../../src/kernels/tuning/shipped.ts";
import { INFERENCE_SLOTS, SLOTS } from "../../src/kernels/tuning/slots.ts";
import { driverOf } from "../../src/kernels/tuning/remembered.ts";
import { candidatesHash, tuningFileName, tuningText, type Winners } from "../../src/kernels/tuning/tuning_file.ts";
import { cacheVariables } from "./caches.ts";
import { folderOf } from "./folders.ts";
import { runDeno } from "./processes.ts";
import { MemoryTerminal, narrowbert, type Outcome } from "./terminals.ts";

const MAIN = new URL("../../src/cli/main.ts", import.meta.url).href;
const INTERRUPTED = new URL("./scripts/interrupted.ts", import.meta.url).href;
const TUNE = ["tune", "--only", "attention_projected"];

/** The line on standard error for a slot that was tuned. */
const SLOT_LINE =
  /^1 of 1 {2}attention_projected: attention LANES=\d+, \d+\.\d{3} ms, (as shipped|\d+\.\d\dx as fast as shipped)\n$/;

/** What `tune --json` prints of a slot. */
interface Slot {
  slot: string;
  chosen: unknown;
  shipped: unknown;
  timed: { kernel: string; constants: Record<string, number>; milliseconds: number; gflops: number; share: number }[];
  left_out: unknown[];
}

Deno.test("tune prints a table of all candidates, and remembers nothing with --dry-run", async () => {
  const { name } = await requestGpu();
  const { code, stdout, stderr } = await narrowbert([...TUNE, "--dry-run"]);
  assert.equal(code, 0);
  assert.match(stderr, SLOT_LINE);
  const [head, ...lines] = stdout.trimEnd().split("\n");
  assert.match(head!, /^slot +candidate +ms +GFLOP\/s +share of best$/);
  const rows = lines.slice(0, -2);
  assert.equal(rows.length, candidates("attention_projected").length);
  for (const row of rows) assert.match(row, /^attention_projected {2}attention LANES=\d+ +\d+\.\d{3} +\d+\.\d +\d+%/);
  assert.match(rows[0]!, / 100%/);
  assert.equal(rows.filter((row) => /chosen/.test(row)).length, 1);
  assert.equal(rows.filter((row) => /shipped$/.test(row)).length, 1);
  assert(lines.at(-1)!.startsWith(`${name}, `));
  assert.match(lines.at(-1)!, / \d+(\.\d)? s; nothing remembered$/);
});

Deno.test("tune --json holds the same", async () => {
  const { adapter, adapterClass } = await requestGpu();
  const { code, stdout, stderr } = await narrowbert([...TUNE, "--dry-run", "--json"]);
  assert.equal(code, 0);
  assert.match(stderr, SLOT_LINE);
  const report = JSON.parse(stdout);
  assert.deepEqual([report.adapter, report.class, report.file, report.kept], [adapter, adapterClass, null, []]);
  assert(Number(report.seconds) > 0);
  const [{ slot, chosen, timed, left_out }] = report.slots as [Slot];
  assert.deepEqual([slot, left_out], ["attention_projected", []]);
  assert.deepEqual(timed.map(({ share }) => share), timed.map(({ share }) => share).toSorted((a, b) => b - a));
  assert(timed.every(({ milliseconds, gflops }) => milliseconds > 0 && gflops > 0));
  const variants = timed.map(({ kernel, constants }) => ({ kernel, constants }));
  assert(variants.some((variant) => JSON.stringify(variant) === JSON.stringify(chosen)));
});

Deno.test("tune says what lacks before it works: a slot's name, or the permission to remember", async () => {
  assert.deepEqual(await narrowbert(["tune", "--only", "softmax"]), {
    code: 2,
    stdout: "",
    stderr: `narrowbert: --only must be some of ${SLOTS.join(", ")}, got "softmax"; see narrowbert tune --help\n`,
  });
  const { code, stdout, stderr } = await narrowbert(TUNE);
  assert.deepEqual([code, stdout], [1, ""]);
  assert.match(stderr, /^narrowbert: Cannot remember a tuning: XDG_CACHE_HOME or HOME must be set .*\n$/);
});

Deno.test("tune says by which flags it may remember, of the folder that it would write to", async () => {
  await using folder = await folderOf({});
  const tunings = `${folder.path}/narrowbert/tuning`;
  const env = cacheVariables({ XDG_CACHE_HOME: folder.path });
  for (const name of ["read", "write"]) {
    const permissions = ["--allow-env=XDG_CACHE_HOME", `--allow-${name}=${folder.path}`];
    const { code, stderr } = await runDeno([...permissions, MAIN, ...TUNE], { env });
    const flags = `--allow-read="${tunings}" --allow-write="${tunings}"`; // its path has a space
    assert.deepEqual([code, stderr], [1, `narrowbert: Cannot remember a tuning in ${tunings}: it takes ${flags}\n`]);
  }
  assert.deepEqual([...Deno.readDirSync(folder.path)], []);
});

Deno.test("tune says on a terminal how far it is, and with which candidate", async () => {
  const terminal = new MemoryTerminal();
  terminal.statusStyle = { columns: 80, color: false };
  assert.equal(await main([...TUNE, "--dry-run"], terminal), 0);
  const lines = terminal.statuses.filter((line) => line !== "");
  assert.match(lines[0]!, /^ {2}0% {2}attention_projected: checks attention LANES=8 for 3 x 36, 3 to/);
  for (const doing of ["checks", "times"]) {
    for (const { constants: { LANES } } of candidates("attention_projected")) {
      assert(lines.some((line) => line.includes(`: ${doing} attention LANES=${LANES} for `)), `${doing} ${LANES}`);
    }
  }
  assert(lines.every((line) => line.length < 80));
  assert.equal(terminal.statuses.at(-1), "");
  assert.match(terminal.stderr, SLOT_LINE);
});

/** A cache folder, and runs of `tune` with it. */
async function tuner() {
  const gpu = await requestGpu();
  const folder = await folderOf({});
  const file = `${folder.path}/narrowbert/tuning/${tuningFileName(gpu.adapter, await driverOf(gpu))}`;
  const env = { NO_COLOR: "1", ...cacheVariables({ XDG_CACHE_HOME: folder.path }) };
  const permissions = ["--allow-env=XDG_CACHE_HOME", `--allow-read=${folder.path}`, `--allow-write=${folder.path}`];
  const args = [...permissions, MAIN, "tune"];
  return {
    gpu,
    file,
    slots: async () => JSON.parse(await Deno.readTextFile(file)).slots as Record<string, unknown>,
    names: () => [...Deno.readDirSync(`${folder.path}/narrowbert/tuning`)].map(({ name }) => name),
    async run(...options: string[]) {
      const { code, stdout, stderr } = await runDeno([...args, ...options, "--json"], { env });
      assert.equal(code, 0, stderr);
      return {
        ...JSON.parse(stdout) as { file: string; slots: Slot[]; kept: Pick<Slot, "slot" | "chosen">[] },
        stderr,
      };
    },
    spawn: (...options: string[]) =>
      new Deno.Command(Deno.execPath(), {
        args: ["run", "--no-prompt", ...args, ...options],
        env,
        stdin: "null",
        stdout: "piped",
        stderr: "piped",
      }).spawn(),
    /** Runs a command line until a status line holds a text. */
    async interruptAt(text: string, ...command: string[]): Promise<Outcome> {
      const { code, stdout, stderr } = await runDeno([...permissions, INTERRUPTED, text, ...command], { env });
      assert.equal(code, 0, stderr);
      return JSON.parse(stdout);
    },
    /** Writes a file of this driver in which some slots have what is shipped. */
    async remember(slots: readonly (typeof SLOTS)[number][], against = candidatesHash) {
      const shipped = defaultTuning(gpu.adapterClass, gpu.limits);
      const winners: Winners = Object.fromEntries(slots.map((slot) => {
        return [slot, { variant: shipped[slot], against: against(slot) }];
      }));
      await Deno.mkdir(file.replace(/[^/]+$/, ""), { recursive: true });
      await Deno.writeTextFile(file, tuningText(gpu.adapter, await driverOf(gpu), winners));
    },
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}

Deno.test("tune remembers what it chose, beside what it knew of other slots", async () => {
  await using tuning = await tuner();
  const first = await tuning.run("--only", "attention_projected");
  assert.equal(first.file, tuning.file);
  const { version, adapter, runtime, date, slots, ...driver } = JSON.parse(await Deno.readTextFile(tuning.file));
  assert.deepEqual([version, adapter, runtime], [2, tuning.gpu.adapter, Deno.version.deno]);
  const { backend, fingerprint } = driver;
  assert.deepEqual({ backend, fingerprint }, await driverOf(tuning.gpu));
  assert(Math.abs(Date.parse(date) - Date.now()) < 600_000);
  const winner = (slot: Slot) => ({ ...slot.chosen as object, against: candidatesHash(slot.slot as "matmul_tt") });
  assert.deepEqual(slots, { attention_projected: winner(first.slots[0]!) });
  const second = await tuning.run("--only", "attention_absorbed");
  assert.equal(second.file, first.file);
  assert.deepEqual(await tuning.slots(), {
    attention_projected: winner(first.slots[0]!),
    attention_absorbed: winner(second.slots[0]!),
  });
  assert.equal(tuning.names().length, 1);
});

Deno.test("tune goes on with the slots that are not remembered for these kernels; --only tunes anew", async () => {
  await using tuning = await tuner();
  const rest = INFERENCE_SLOTS.filter((slot) => slot !== "attention_projected");
  // Of kernels of another version, and none at all.
  await tuning.remember(INFERENCE_SLOTS, (slot) => slot === "attention_projected" ? "00000000" : candidatesHash(slot));
  const outdated = await tuning.run();
  await tuning.remember(rest);
  const lacking = await tuning.run();
  for (const { slots, kept, stderr } of [outdated, lacking]) {
    assert.deepEqual(slots.map(({ slot }) => slot), ["attention_projected"]);
    assert.deepEqual(kept.map(({ slot }) => slot), rest);
    assert.match(stderr, SLOT_LINE);
  }
  const { slots, kept, stderr } = await tuning.run();
  assert.deepEqual([slots, kept.map(({ slot }) => slot), stderr], [[], [...INFERENCE_SLOTS], ""]);
  assert.deepEqual((await tuning.run("--only", "attention_projected")).slots.length, 1);
  assert.deepEqual(Object.keys(await tuning.slots()).toSorted(), [...INFERENCE_SLOTS].toSorted());
});

/** Waits until a child has printed a text on standard error, and gives all that it prints there. */
async function sendAt(child: Deno.ChildProcess, { text, signal }: { text: string; signal: Deno.Signal }) {
  let stderr = "";
  for await (const part of child.stderr.pipeThrough(new TextDecoderStream())) {
    const before = stderr.includes(text);
    stderr += part;
    if (!before && stderr.includes(text)) child.kill(signal);
  }
  return stderr;
}

Deno.test("a tuning that is interrupted keeps the slots that are done, and says how to go on", async () => {
  await using tuning = await tuner();
  const child = tuning.spawn("--only", "attention_absorbed,attention_projected");
  const [stderr, stdout, { code }] = await Promise.all([
    sendAt(child, { text: "1 of 2  ", signal: "SIGINT" }),
    new Response(child.stdout).text(),
    child.status,
  ]);
  assert.deepEqual([code, stdout], [130, ""]);
  const [done, ...lines] = stderr.trimEnd().split("\n");
  assert.match(done!, /^1 of 2 {2}attention_projected: /);
  assert.deepEqual(lines, [
    `1 of 2 parts are tuned and remembered in ${tuning.file}; to go on: narrowbert tune --only attention_absorbed`,
    "narrowbert: ended by SIGINT",
  ]);
  assert.deepEqual(Object.keys(await tuning.slots()), ["attention_projected"]);
  assert.equal(tuning.names().length, 1);
});

Deno.test("a tuning anew that is interrupted goes on with the rest of the slots, though all are remembered", async () => {
  await using tuning = await tuner();
  await tuning.remember(INFERENCE_SLOTS);
  const child = tuning.spawn("--again");
  const stderr = await sendAt(child, { text: `1 of ${INFERENCE_SLOTS.length}  `, signal: "SIGINT" });
  assert.equal((await child.status).code, 130);
  const rest = INFERENCE_SLOTS.slice(1).join();
  assert(
    stderr.includes(`\n1 of ${INFERENCE_SLOTS.length} parts are tuned and remembered in ${tuning.file}; `),
    stderr,
  );
  assert(stderr.includes(`; to go on: narrowbert tune --only ${rest}\n`), stderr);
  assert.equal(Object.keys(await tuning.slots()).length, INFERENCE_SLOTS.length);
  await child.stdout.cancel();
});

Deno.test("a tuning that is interrupted before a slot is done leaves the file as it was", async () => {
  await using tuning = await tuner();
  await tuning.remember(["matmul_nn_few"]);
  const before = await Deno.readTextFile(tuning.file);
  const { code, stdout, stderr } = await tuning.interruptAt(": times ", "tune");
  assert.deepEqual([code, stdout], [130, ""]);
  assert.equal(
    stderr,
    `0 of ${INFERENCE_SLOTS.length - 1} parts are tuned and remembered in ${tuning.file}; to go on: narrowbert tune\n` +
      "narrowbert: ended by SIGINT\n",
  );
  assert.equal(await Deno.readTextFile(tuning.file), before);
  assert.equal(tuning.names().length, 1);
});

Deno.test("a signal that came before ends the command with its exit code", async () => {
  const signal = AbortSignal.abort(new Interrupted("SIGTERM"));
  assert.equal(await main([...TUNE, "--dry-run"], new MemoryTerminal(null, signal)), 143);
});
