/**
 * Runs benches, each file in a process of its own, and keeps what they find in `bench/results/`, a file for each bench and
 * adapter. `deno task bench:record planner` runs those whose names contain a word.
 */

import type { Report } from "./report.ts";
import { resultFile, type Stamp, stampNow, writeJson } from "./result_file.ts";

/** What Deno says of one bench, in its `--json`. */
interface DenoBench {
  group: string | null;
  name: string;
  results: ({ ok: { n: number; min: number; avg: number } } | { failed: { message: string } })[];
}

const HERE = new URL("./", import.meta.url);
const SCRATCH = ".deno";

const [word = ""] = Deno.args;
const names: string[] = [];
for await (const { name } of Deno.readDir(HERE)) {
  if (name.endsWith("_bench.ts")) names.push(name.slice(0, -"_bench.ts".length));
}
const chosen = names.sort().filter((name) => name.includes(word));
if (chosen.length === 0) {
  console.error(`Cannot record "${word}": the benches are ${names.join(", ")}`);
  Deno.exit(2);
}
await Deno.mkdir(SCRATCH, { recursive: true });
let failed = 0;
for (const name of chosen) {
  console.error(`\n${name}`);
  const stamp = await stampNow();
  const found = await run(name);
  if (found === null) failed++;
  else await write(name, stamp, found);
}
Deno.exit(failed > 0 ? 1 : 0);

/** Runs a bench file; null where it failed. */
async function run(name: string): Promise<{ benches: DenoBench[]; report: Report } | null> {
  const file = await Deno.makeTempFile({ dir: SCRATCH, suffix: ".json" });
  try {
    const env = { NARROWBERT_BENCH_REPORT: file, NO_COLOR: "1" };
    const args = ["task", "--quiet", "bench", `--allow-write=${SCRATCH}`, "--json", `bench/${name}_bench.ts`];
    const command = new Deno.Command("deno", { args, env, stdin: "null", stderr: "inherit" });
    const { success, stdout } = await command.output();
    if (!success) return null;
    const { cpu, benches } = JSON.parse(new TextDecoder().decode(stdout)) as { cpu: string; benches: DenoBench[] };
    const text = await Deno.readTextFile(file);
    // Benches that need no adapter report nothing.
    const report: Report = text === "" ? { adapter: { name: cpu, class: "cpu" }, entries: [] } : JSON.parse(text);
    return { benches, report };
  } finally {
    await Deno.remove(file);
  }
}

async function write(
  name: string,
  stamp: Stamp,
  { benches, report }: { benches: DenoBench[]; report: Report },
): Promise<void> {
  const where = await writeJson(resultFile(name, report.adapter.name), {
    bench: name,
    adapter: report.adapter,
    ...stamp,
    benches: benches.map(({ group, name, results: [result] }) => {
      if (result === undefined || !("ok" in result)) return { group, name, failed: true };
      const { n, min, avg } = result.ok;
      return { group, name, samples: n, milliseconds: { minimum: min / 1e6, mean: avg / 1e6 } };
    }),
    results: report.entries,
  });
  console.error(`Written to ${where}`);
}
