/**
 * The gate: `deno task ok` runs its parts, even after one has failed, and closes with one line, `N passed, N failed`.
 * `deno task ok PART…` runs the named parts only, `deno task ok all` every part there is. Each part is a task of
 * `deno.json` with more arguments, so that what the gate runs is what a person runs. If the variable `CI` is set, the
 * lock file must be complete.
 */
import { type Counts, countTests } from "./gate_counts.ts";

/** The parts that make up `deno task ok`, in order. */
const USUAL = ["fmt", "lint", "check", "doclint", "doc", "test"];

/** The task and arguments of each part. */
const PARTS: Record<string, string[]> = {
  fmt: ["fmt", "--check"],
  lint: ["lint"],
  check: ["check", "--quiet"],
  doclint: ["doclint", "--quiet"],
  doc: ["test", "--doc", "mod.ts", "src", "README.md", "CONTRIBUTING.md", "docs"],
  test: ["test", "--parallel"],
  poisoned: ["test:poisoned"],
  minilm: ["minilm"],
  swiftshader: ["test:swiftshader"],
  chromium: ["chromium"],
  browser: ["browser"],
};

/** The parts that run tests and report each of them; any other part counts as one check. */
const RUNS_TESTS = new Set(["doc", "test", "poisoned", "minilm", "swiftshader", "chromium", "browser"]);

/** The parts that resolve modules, and so can be held to the lock file. */
const RESOLVES = new Set(["check", "doclint", ...RUNS_TESTS]);

async function run(part: string, junit: string): Promise<Counts> {
  const args = ["task", "--quiet", ...(PARTS[part] ?? [])];
  if (RESOLVES.has(part) && Deno.env.get("CI")) args.push("--frozen");
  if (RUNS_TESTS.has(part)) args.push(`--junit-path=${junit}`);
  console.log(`\n== ${part}: deno ${args.join(" ")}`);
  Deno.writeTextFileSync(junit, "");
  const { success } = await new Deno.Command("deno", { args, stdin: "null" }).spawn().status;
  if (RUNS_TESTS.has(part)) return countTests(Deno.readTextFileSync(junit), success);
  return success ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
}

const asked = Deno.args.length > 0 ? Deno.args : USUAL;
const parts = asked.includes("all") ? Object.keys(PARTS) : asked;
for (const part of parts) {
  if (!Object.hasOwn(PARTS, part)) {
    console.error(`Cannot run "${part}": the gate has all, ${Object.keys(PARTS).join(", ")}`);
    Deno.exit(2);
  }
}
const junit = Deno.makeTempFileSync({ prefix: "narrowbert-gate-", suffix: ".xml" });
const total: Counts = { passed: 0, failed: 0 };
const failures: string[] = [];
for (const part of parts) {
  const { passed, failed } = await run(part, junit);
  total.passed += passed;
  total.failed += failed;
  if (failed > 0) failures.push(part);
}
Deno.removeSync(junit);
if (failures.length > 0) console.log(`\nThese parts failed: ${failures.join(", ")}`);
console.log(`\n${total.passed} passed, ${total.failed} failed`);
Deno.exit(total.failed === 0 ? 0 : 1);
