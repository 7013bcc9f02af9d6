/** The jobs of `examples/jobs/` do what their page shows, with the permissions that they name. */

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { bundleTo } from "../../tools/bundle.ts";
import { moduleHost } from "../cli/module_host.ts";
import { runDeno } from "../cli/processes.ts";
import { inTemporaryFolder } from "../io/temporary.ts";
import { isAlike, JOBS, jobsOf, shown } from "./jobs.ts";

const PAGE = await Deno.readTextFile(new URL("README.md", JOBS));
const ROOT = new URL("../../", JOBS);
const ALL = jobsOf(PAGE);

/** Jobs whose numbers are times. */
const TIMES = ["profile.ts"];

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
    const found = shown(stdout);
    const [adapter = "", , head = ""] = found.split("\n"); // of a profile
    const isRight = TIMES.includes(name) ? adapter !== "" && output.includes(`\n${head}\n`) : isAlike(found, output);
    assert(isRight, `${shown(stdout)}\nin place of\n\n${output}`);
  });
}

Deno.test("examples/jobs/anywhere.ts runs the library from a URL and as one file, permitted no more", async () => {
  const script = fileURLToPath(new URL("anywhere.ts", JOBS));
  await using served = moduleHost();
  const { host } = served;
  const net = [`--reload=http://${host}/`, `--allow-import=${host}`, `--allow-net=${host}`];
  const byUrl = await runDeno([...net, script, `http://${host}/mod.ts`]);
  assert.deepEqual([byUrl.stdout, byUrl.code], ["noun.artifact; permitted without bounds: none\n", 0], byUrl.stderr);
  await inTemporaryFolder(async (folder) => {
    await bundleTo(`${folder}/narrowbert.js`);
    const model = `http://${host}/examples/models/wordnet/topic/`; // a bundle has no models
    const args = [`--allow-read=${folder}`, `--allow-net=${host}`, script, `file://${folder}/narrowbert.js`, model];
    const bundled = await runDeno(args);
    assert.deepEqual(
      [bundled.stdout, bundled.code],
      ["noun.artifact; permitted without bounds: none\n", 0],
      bundled.stderr,
    );
  });
});
