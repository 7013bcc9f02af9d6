/** Trainings that are interrupted again and again, at random moments, and go on. */

import assert from "node:assert/strict";
import type { TrainingProgress } from "../../../mod.ts";
import { random } from "../../../src/base/random.ts";
import { checkpointsOf, type SmallTraining, withTrainer } from "./trainers.ts";

/** How trainings were interrupted. */
export interface Interruptions {
  /** How often, by what the training had told last. */
  readonly moments: ReadonlyMap<string, number>;
  /** All of them. */
  readonly count: number;
}

/**
 * Runs a training in a folder to its end, and interrupts it by a signal whenever it has told a random number of things.
 * Each time a new trainer, of a new model, goes on.
 *
 * @param options `most`: how many things it may tell before an interruption.
 */
export async function trainWithInterruptions(
  folder: string,
  training: SmallTraining,
  { seed, most }: { seed: number; most: number },
): Promise<Interruptions> {
  const next = random(seed);
  const moments = new Map<string, number>();
  for (let count = 0;; count++) {
    assert.ok(count < 200, "the training goes on");
    const controller = new AbortController();
    const reason = new Error(`interruption ${count}`);
    let left = 1 + Math.floor((next() + 1) / 2 * most);
    let last = "nothing";
    const onProgress = ({ status }: { status: string }) => {
      if (--left > 0) return;
      if (left === 0) last = status;
      controller.abort(reason);
    };
    const resume_from_checkpoint = hasCheckpoint(folder);
    const call = { ...training, onProgress, signal: controller.signal };
    const isDone = await withTrainer(folder, call, async (trainer) => {
      const end = await trainer.train({ resume_from_checkpoint }).then(() => null, (error) => error);
      if (end !== null && end !== reason) throw end;
      if (end === reason) assert.ok(trainer.state !== null);
      return end === null;
    });
    if (isDone) return { moments, count };
    moments.set(last, (moments.get(last) ?? 0) + 1);
  }
}

/** Goes on with a training, or begins it, until it tells something; it may end before the interruption. */
export async function interrupt(
  folder: string,
  training: SmallTraining,
  when: (told: TrainingProgress & { step?: number }) => boolean,
): Promise<void> {
  const controller = new AbortController();
  const reason = new Error("enough");
  const onProgress = (told: TrainingProgress) => when(told) && controller.abort(reason);
  const resume_from_checkpoint = hasCheckpoint(folder);
  const call = { ...training, signal: controller.signal, onProgress };
  const train = withTrainer(folder, call, (trainer) => trainer.train({ resume_from_checkpoint }));
  await train.catch((error) => assert.equal(error, reason));
  assert.ok(controller.signal.aborted);
}

function hasCheckpoint(folder: string): boolean {
  try {
    return checkpointsOf(folder).length > 0;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
