/** The jobs of `examples/jobs/` do what their page shows, with the permissions that they name. */

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { bundleTo } from "../../tools/bundle.ts";
import { moduleHost } from "../cli/module_host.ts";
import { runDeno } from "../cli/processes.ts";
import { inTemporaryFolder } from "../io/temporary.ts";
import { isAlike, JOBS, jobsOf, shown } from "./jobs.ts";
import { checkProfileStart, checkProfileText } from "./profile_text.ts";

const PAGE = await Deno.readTextFile(new URL("README.md", JOBS));
const ROOT = new URL("../../", JOBS);
const ALL = jobsOf(PAGE);

/** The job whose numbers are times. */
const PROFILE = "profile.ts";

Deno.test("the page has every job, each of at most 25 lines", async () => {
  const names = [...Deno.readDirSync(JOBS)].map(({ name }) => name).filter((name) => name.endsWith(".ts"));
  assert.deepEqual(ALL.map(({ name }) => name).sort(), names.sort());
  for (const name of names) {
    const lines = (await Deno.readTextFile(new URL(name, JOBS))).trimEnd().split("\n").length;
    assert(lines <= 25, `${name} has ${lines} lines`);
  }
});

for (const { name, command, output } of ALL) {
  Deno.test(`examples/jobs/${name} prints what its page shows`, async () => {
    const text = await Deno.readTextFile(new URL(name, JOBS));
    assert(
      text.replaceAll("\n * ", " ").includes(`\`${command}\``),
      "its first comment must have the command of the page",
    );
    const [, args = ""] = /^deno run ([^>]*)/.exec(command)!;
    const { code, stdout, stderr } = await runDeno(args.trim().split(" "), { cwd: ROOT });
    assert.equal(code, 0, stderr);
    if (name === PROFILE) {
      checkProfileText(stdout);
      checkProfileStart(output, stdout);
    } else assert(isAlike(shown(stdout), output), `${shown(stdout)}\nin place of\n\n${output}`);
  });
}

Deno.test("examples/jobs/anywhere.ts runs the library from a URL and as one file, permitted no more", async () => {
  const script = fileURLToPath(new URL("anywhere.ts", JOBS));
  await using served = moduleHost();
  const { host } = served;
  const net = ["--no-lock", `--reload=http://${host}/`, `--allow-import=${host}`, `--allow-net=${host}`];
  const byUrl = await runDeno([...net, script, `http://${host}/mod.ts`]);
  assert.deepEqual([byUrl.stdout, byUrl.code], ["noun.artifact; permitted without bounds: none\n", 0], byUrl.stderr);
  await inTemporaryFolder(async (folder) => {
    await bundleTo(`${folder}/narrowbert.js`);
    const model = `http://${host}/examples/models/wordnet/topic/`; // a bundle has no models
    const args = [
      "--no-lock",
      `--allow-read=${folder}`,
      `--allow-net=${host}`,
      script,
      `file://${folder}/narrowbert.js`,
      model,
    ];
    const bundled = await runDeno(args);
    assert.deepEqual(
      [bundled.stdout, bundled.code],
      ["noun.artifact; permitted without bounds: none\n", 0],
      bundled.stderr,
    );
  });
});

Deno.test("the table of a profile is seen to be wrong if a line, a kernel or a sum is", async () => {
  const { stdout } = await runDeno(["--allow-read", "examples/jobs/profile.ts"], { cwd: ROOT });
  checkProfileText(stdout);
  const wrong: [from: RegExp, to: string][] = [
    [/^head .*\n/m, ""],
    [/^gather_rows .*\n/m, ""],
    [/^all +\d+/m, "all  12"],
    [/^narrow layers +\d+/m, "narrow layers  1"],
    [/^(full layers +\d+ +)\d+/m, "$1 1"],
    [/^rows .*/m, "rows  64  NaN% of the tokens, in narrow layers"],
    [/^ {2}wait /m, "  weight "],
    [/^.*\n/, "\n"],
  ];
  for (const [from, to] of wrong) {
    assert.match(stdout, from);
    assert.throws(() => checkProfileText(stdout.replace(from, to)), { name: "AssertionError" }, `${from}`);
  }
  assert.throws(() => checkProfileStart("llvmpipe\n\nkernel calls\n…\n", stdout), { name: "AssertionError" });
});
