import assert from "node:assert/strict";
import { type Counts, countTests } from "../../tools/gate_counts.ts";

/** Runs `deno test` on one file with the given text, and counts what it reports. */
async function countsOf(source: string): Promise<Counts> {
  const folder = await Deno.makeTempDir({ prefix: "narrowbert-counts-" });
  try {
    await Deno.writeTextFile(`${folder}/deno.json`, "{}");
    await Deno.writeTextFile(`${folder}/sample_test.ts`, source);
    await Deno.writeTextFile(`${folder}/report.xml`, "");
    const args = [
      "test",
      "--quiet",
      "--no-prompt",
      "--no-check",
      `--junit-path=${folder}/report.xml`,
      "sample_test.ts",
    ];
    const { success } = await new Deno.Command(Deno.execPath(), { args, cwd: folder }).output();
    return countTests(await Deno.readTextFile(`${folder}/report.xml`), success);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("counts: tests and steps that pass and fail, whatever they print", async () => {
  const source = `
    Deno.test("good <failure>", async (t) => { await t.step("step", () => console.log("<testcase>")); });
    Deno.test("bad", () => { throw new Error("<testcase><failure>"); });
    Deno.test("good too", () => {});`;
  assert.deepEqual(await countsOf(source), { passed: 3, failed: 1 });
});

Deno.test("counts: a skipped test has not passed", async () => {
  const source = 'Deno.test("good", () => {}); Deno.test({ name: "off", ignore: true, fn() {} });';
  assert.deepEqual(await countsOf(source), { passed: 1, failed: 1 });
});

Deno.test("counts: a file that does not load, is no program or has no test is a failure", async () => {
  for (const source of ['throw new Error("at load");', "const = 1;", "export {};"]) {
    assert.deepEqual(await countsOf(source), { passed: 0, failed: 1 }, source);
  }
});

Deno.test("counts: an error outside of the tests is a failure although every test passed", async () => {
  const source = 'Deno.test("good", () => {}); addEventListener("unload", () => { throw new Error("late"); });';
  assert.deepEqual(await countsOf(source), { passed: 1, failed: 1 });
});
