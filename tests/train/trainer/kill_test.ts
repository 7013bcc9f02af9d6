/**
 * A training whose process is killed again and again, at random moments, goes on each time, and leaves the folder, byte for
 * byte, of the training that nobody disturbed. `deno task test:long` kills it 20 times.
 */

import assert from "node:assert/strict";
import { join } from "node:path";
import { random } from "../../../src/base/random.ts";
import { inTemporaryFolder } from "../../io/temporary.ts";
import { assertSameFolders, killedTraining, withTrainer } from "./trainers.ts";

const KILLS = Deno.args.includes("--long") ? 20 : 3;

/** Steps of the training: more than are taken between two kills. */
const STEPS = 30 * KILLS;

/** Milliseconds after what a trainer tells first within which it is killed. */
const SPAN = 700;

const SCRIPT = new URL("../scripts/trainer.ts", import.meta.url).href;

/** Goes on in a process of its own. @param killAfter Milliseconds after its first step. @returns What it told. */
async function goOn(folder: string, killAfter?: number): Promise<{ told: string[]; killed: boolean }> {
  const permissions = [`--allow-read=${folder}`, `--allow-write=${folder}`, "--allow-env=NARROWBERT_GPU_DEBUG"];
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-check", "--no-prompt", ...permissions, SCRIPT, folder, String(STEPS)],
    env: { NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const errors = new Response(child.stderr).text();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let told = "";
  for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
    told += text;
    if (killAfter !== undefined) timer ??= setTimeout(() => child.kill("SIGKILL"), killAfter);
  }
  const { signal, success } = await child.status;
  clearTimeout(timer);
  assert.equal(await errors, "");
  assert.ok(success || signal === "SIGKILL", `${signal}`);
  return { told: told.split("\n"), killed: !success };
}

Deno.test(`a training whose process is killed ${KILLS} times leaves the folder of one that is not`, () =>
  inTemporaryFolder(async (parent) => {
    const [killed, whole] = [join(parent, "killed"), join(parent, "whole")];
    const next = random(11);
    const last = new Set<string>();
    for (let kill = 0; kill < KILLS; kill++) {
      const { told, killed: isKilled } = await goOn(killed, (next() + 1) / 2 * SPAN);
      assert.ok(isKilled, `it ended before kill ${kill + 1}`);
      last.add(told.at(-2)!);
    }
    const { told, killed: isKilled } = await goOn(killed);
    assert.equal(isKilled, false);
    const steps = told.filter((status) => status === "step").length;
    assert.ok(steps < STEPS, "the last process went on with what the others had done");
    if (KILLS > 10) assert.ok(last.size > 1, [...last].join());
    await withTrainer(whole, killedTraining(STEPS), (trainer) => trainer.train());
    assertSameFolders(killed, whole, `${KILLS} kills`);
  }));
