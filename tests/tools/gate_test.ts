import assert from "node:assert/strict";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

const GATE = fileURLToPath(new URL("../../tools/gate.ts", import.meta.url));

/** Runs the gate in a project with the given tasks and test file. */
async function gate(parts: string[], { tasks = {}, tests = "", env = {} }: {
  tasks?: Record<string, string>;
  tests?: string;
  env?: Record<string, string>;
}): Promise<{ code: number; lines: string[]; stderr: string }> {
  const cwd = await Deno.makeTempDir({ prefix: "narrowbert gate " });
  try {
    const test = "deno test --no-check --quiet";
    await Deno.writeTextFile(
      `${cwd}/deno.json`,
      JSON.stringify({ tasks: { test, fmt: "echo", lint: "echo", ...tasks } }),
    );
    await Deno.writeTextFile(`${cwd}/sample_test.ts`, tests);
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "--no-prompt",
        "--allow-read",
        "--allow-write",
        "--allow-env=CI",
        "--allow-run=deno",
        GATE,
        ...parts,
      ],
      cwd,
      env: { PATH: `${dirname(Deno.execPath())}:${Deno.env.get("PATH")}`, NO_COLOR: "1", CI: "", ...env },
    }).output();
    const [out, err] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes)) as [string, string];
    return { code, lines: out.trimEnd().split("\n"), stderr: err };
  } finally {
    await Deno.remove(cwd, { recursive: true });
  }
}

Deno.test("gate: adds the checks and the tests of the parts that were asked for", async () => {
  const tests = 'Deno.test("one", () => {}); Deno.test("two", () => {});';
  const { code, lines } = await gate(["fmt", "lint", "test"], { tests });
  assert.equal(lines.at(-1), "4 passed, 0 failed");
  assert.equal(code, 0);
});

Deno.test("gate: goes on after a failure, and names the parts that failed", async () => {
  const tests = 'Deno.test("one", () => {}); Deno.test("two", () => { throw new Error("bad"); });';
  const { code, lines } = await gate(["fmt", "lint", "test"], { tasks: { fmt: "exit 1" }, tests });
  assert.equal(lines.at(-1), "2 passed, 2 failed");
  assert.ok(lines.includes("These parts failed: fmt, test"), lines.join("\n"));
  assert.equal(code, 1);
});

Deno.test("gate: a part that runs no test, or has no task, has failed", async () => {
  const { code, lines } = await gate(["test", "chromium"], {});
  assert.equal(lines.at(-1), "0 passed, 2 failed");
  assert.equal(code, 1);
});

Deno.test("gate: an unknown part is refused before anything runs", async () => {
  const { code, lines, stderr } = await gate(["fmt", "nonsense"], {});
  assert.equal(code, 2);
  assert.equal(
    stderr,
    'Cannot run "nonsense": the gate has all, fmt, lint, check, doclint, doc, test, poisoned, minilm, swiftshader, chromium, browser\n',
  );
  assert.deepEqual(lines, [""]);
});

Deno.test("gate: in CI, and only there, the lock file must be complete", async () => {
  for (const CI of ["true", ""]) {
    const { lines } = await gate(["fmt", "check", "test", "chromium"], { env: { CI } });
    const frozen = lines.filter((line) => /^== .* --frozen/.test(line)).map((line) => line.split(/[ :]/)[1]);
    assert.deepEqual(frozen, CI ? ["check", "test", "chromium"] : []);
  }
});
