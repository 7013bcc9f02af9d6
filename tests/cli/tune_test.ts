import assert from "node:assert/strict";
import { requestGpu } from "../../src/gpu/device.ts";
import { Interrupted } from "../../src/cli/interrupts.ts";
import { main } from "../../src/cli/main.ts";
import { candidates } from "../../src/kernels/tuning/candidates.ts";
import { SLOTS } from "../../src/kernels/tuning/slots.ts";
import { tuningFileName } from "../../src/kernels/tuning/tuning_file.ts";
import { cacheVariables } from "./caches.ts";
import { folderOf } from "./folders.ts";
import { runDeno } from "./processes.ts";
import { MemoryTerminal, narrowbert, narrowbertJson } from "./terminals.ts";

const MAIN = new URL("../../src/cli/main.ts", import.meta.url).href;
const TUNE = ["tune", "--only", "attention_projected"];

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
  assert.deepEqual([code, stderr], [0, ""]);
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
  const report = await narrowbertJson<Record<string, unknown> & { slots: Slot[] }>([...TUNE, "--dry-run", "--json"]);
  assert.deepEqual([report.adapter, report.class, report.file], [adapter, adapterClass, null]);
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

Deno.test("tune says on a terminal how far it is", async () => {
  const terminal = new MemoryTerminal();
  terminal.statusStyle = { columns: 40, color: false };
  assert.equal(await main([...TUNE, "--dry-run"], terminal), 0);
  const lines = terminal.statuses.filter((line) => line !== "");
  assert.match(lines[0]!, /^ {2}0% {2}attention_projected: /);
  assert(lines.length > 1 && lines.every((line) => line.length < 40));
  assert.equal(terminal.statuses.at(-1), "");
});

Deno.test("tune remembers what it chose, beside what it knew of other slots", async () => {
  const { adapter } = await requestGpu();
  await using folder = await folderOf({});
  const env = cacheVariables({ XDG_CACHE_HOME: folder.path });
  const run = async (...slots: string[]) => {
    const permissions = ["--allow-env=XDG_CACHE_HOME", `--allow-read=${folder.path}`, `--allow-write=${folder.path}`];
    const { code, stdout, stderr } = await runDeno([...permissions, MAIN, "tune", "--only", slots.join(), "--json"], {
      env,
    });
    assert.deepEqual([code, stderr], [0, ""]);
    const { file, slots: [report] } = JSON.parse(stdout);
    return { file, chosen: (report as Slot).chosen, content: JSON.parse(await Deno.readTextFile(file)) };
  };
  const first = await run("attention_projected");
  assert(first.file.startsWith(`${folder.path}/narrowbert/tuning/`));
  const { version, adapter: described, runtime, date, slots } = first.content;
  assert.deepEqual([version, described, runtime], [1, adapter, Deno.version.deno]);
  assert(Math.abs(Date.parse(date) - Date.now()) < 600_000);
  assert.deepEqual(slots, { attention_projected: first.chosen });
  const second = await run("attention_absorbed");
  assert.equal(second.file, first.file);
  assert.deepEqual(second.content.slots, { attention_projected: first.chosen, attention_absorbed: second.chosen });
  assert.equal([...Deno.readDirSync(`${folder.path}/narrowbert/tuning`)].length, 1);
});

Deno.test("a tuning that is interrupted ends at once and leaves the old file as it was", async () => {
  const { adapter } = await requestGpu();
  const path = `narrowbert/tuning/${tuningFileName(adapter)}`;
  await using folder = await folderOf({ [path]: "old" });
  const permissions = ["--allow-env=XDG_CACHE_HOME", `--allow-read=${folder.path}`, `--allow-write=${folder.path}`];
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", ...permissions, MAIN, "tune"],
    env: { NO_COLOR: "1", ...cacheVariables({ XDG_CACHE_HOME: folder.path }) },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const output = child.output();
  await new Promise((resolve) => setTimeout(resolve, 3000)); // all slots take far longer
  child.kill("SIGINT");
  const { code, stdout, stderr } = await output;
  const decoder = new TextDecoder();
  assert.deepEqual([code, decoder.decode(stdout), decoder.decode(stderr)], [130, "", "narrowbert: ended by SIGINT\n"]);
  assert.equal(await Deno.readTextFile(`${folder.path}/${path}`), "old");
  assert.equal([...Deno.readDirSync(`${folder.path}/narrowbert/tuning`)].length, 1);
});

Deno.test("a signal that came before ends the command with its exit code", async () => {
  const signal = AbortSignal.abort(new Interrupted("SIGTERM"));
  assert.equal(await main([...TUNE, "--dry-run"], new MemoryTerminal(null, signal)), 143);
});
