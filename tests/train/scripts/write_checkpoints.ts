/** Goes on from the newest checkpoint of a folder, and writes one after the other until it is killed. */

import { CheckpointFolder } from "../../../src/train/checkpoint/folder.ts";
import { assertWhole, filesOf } from "../contents.ts";

using checkpoints = await CheckpointFolder.open(Deno.args[0]!);
const { checkpoint, problems } = await checkpoints.latest();
if (problems.length > 0) throw problems[0];
if (checkpoint !== null) await assertWhole(checkpoint);
const encoder = new TextEncoder();
for (let step = (checkpoint?.step ?? 0) + 1;; step++) {
  await checkpoints.write(step, filesOf(step));
  Deno.stdout.writeSync(encoder.encode(`${step}\n`));
}
