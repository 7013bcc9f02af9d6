/**
 * Goes on with a small training in a folder, or begins it, and tells what happens: `trainer.ts FOLDER STEPS`. It evaluates,
 * saves and logs all the time, so that whatever ends the process ends one of these.
 */

import { latestCheckpoint } from "../../../src/train/checkpoint/reader.ts";
import { killedTraining, withTrainer } from "../trainer/trainers.ts";

const [folder, steps] = [Deno.args[0]!, Number(Deno.args[1])];
const { checkpoint } = await latestCheckpoint(folder).catch(() => ({ checkpoint: null }));
const onProgress = ({ status }: { status: string }) => console.log(status);
await withTrainer(folder, { ...killedTraining(steps), onProgress }, (trainer) => {
  return trainer.train({ resume_from_checkpoint: checkpoint !== null });
});
