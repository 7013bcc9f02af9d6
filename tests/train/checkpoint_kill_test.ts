/** Trainers that are killed at random moments always leave a whole checkpoint, and one that is no older than they said. */

import assert from "node:assert/strict";
import { random } from "../../src/base/random.ts";
import { latestCheckpoint } from "../../src/train/checkpoint/reader.ts";
import { inTemporaryFolder } from "../io/temporary.ts";
import { assertWhole } from "./contents.ts";

const KILLS = 50;
const SCRIPT = new URL("./scripts/write_checkpoints.ts", import.meta.url).href;

/** Starts a trainer, and kills it some time after it has written its first checkpoint. Returns the last that it told. */
async function killedTrainer(folder: string, milliseconds: number): Promise<number> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", `--allow-read=${folder}`, `--allow-write=${folder}`, SCRIPT, folder],
    env: { NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const errors = new Response(child.stderr).text();
  let told = "";
  let timer: ReturnType<typeof setTimeout> | undefined;
  for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
    told += text;
    timer ??= setTimeout(() => child.kill("SIGKILL"), milliseconds);
  }
  clearTimeout(timer);
  const { signal } = await child.status;
  assert.equal(signal, "SIGKILL", await errors);
  await errors;
  // A line that was cut off is not counted.
  return Number(told.split("\n").at(-2));
}

Deno.test(`${KILLS} trainers that are killed at random moments each leave a whole checkpoint`, () =>
  inTemporaryFolder(async (folder) => {
    const next = random(79);
    let last = 0;
    let unfinished = 0;
    for (let kill = 0; kill < KILLS; kill++) {
      const told = await killedTrainer(folder, 10 * (next() + 1));
      unfinished += Number([...Deno.readDirSync(folder)].some(({ name }) => name.startsWith(".tmp-")));
      const { checkpoint, problems } = await latestCheckpoint(folder);
      assert.deepEqual(problems, []);
      await assertWhole(checkpoint!);
      assert.ok(told > last && [told, told + 1].includes(checkpoint!.step), `${checkpoint!.step} after ${told}`);
      last = checkpoint!.step;
    }
    // How many depends on how fast the disk is.
    assert.ok(unfinished > KILLS / 10, `${unfinished} were killed while they wrote`);
  }));
