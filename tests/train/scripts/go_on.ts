/**
 * Goes on with the small training in a folder, or begins it, and tells each step that is saved: `go_on.ts FOLDER UNTIL`.
 * It saves every third step, and the last.
 */

import { NarrowBertForSequenceClassification, TrainingFolder } from "../../../mod.ts";
import { ask, optimizerOf, startModel } from "../resumed_training.ts";

const [path, until] = [Deno.args[0]!, Number(Deno.args[1])];
using training = await TrainingFolder.open(path);
const last = await training.latest();
using model = last === null ? await startModel() : await NarrowBertForSequenceClassification.from_pretrained(last.path);
using optimizer = optimizerOf(model);
await last?.restore(optimizer);
for (let step = last?.step ?? 0; step < until; step++) {
  await ask(optimizer, step);
  const done = step + 1;
  if (done % 3 !== 0 && done !== until) continue;
  await training.save(optimizer, { step: done, data: { place: done } });
  console.log(done);
}
