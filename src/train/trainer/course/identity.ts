/** What decides the steps of a training: one that goes on must have the same. */

import { PreTrainedModel } from "../../../heads/pretrained.ts";
import { digestOfModel, digestOfTokenizer } from "../../../heads/identity/digests.ts";
import type { ResolvedArguments } from "../arguments.ts";
import type { TrainerOptions } from "../trainer_options.ts";

/** The arguments that a training which goes on may change: they change no step. */
const FREE: readonly string[] = ["output_dir", "per_device_eval_batch_size", "save_total_limit"];

/** What decides the steps of a training, as JSON. */
export interface TrainingIdentity {
  /** Arguments and options by name; those that are left out are not there. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** Checksums of what is too large to keep. */
  readonly digests: Readonly<Record<string, string>>;
}

/** The identity of a training. */
export async function identityOf(options: TrainerOptions, args: ResolvedArguments): Promise<TrainingIdentity> {
  const { tokenizer, train_dataset, eval_dataset, teacher, optimizer = {}, data = {}, class_weights } = options;
  const { model: _, ...lesson } = teacher ?? {};
  const settings = {
    ...Object.fromEntries(Object.entries(args).filter(([name]) => !FREE.includes(name))),
    ...data,
    ...optimizer,
    class_weights: typeof class_weights === "object" ? Array.from(class_weights) : class_weights,
    teacher: teacher && lesson,
  };
  return {
    // As JSON has it, which leaves out what is undefined.
    settings: JSON.parse(JSON.stringify(settings)) as Record<string, unknown>,
    digests: {
      train_dataset: train_dataset.fingerprint,
      ...(eval_dataset && { eval_dataset: eval_dataset.fingerprint }),
      tokenizer: await digestOfTokenizer(tokenizer),
      ...(teacher?.model instanceof PreTrainedModel && { teacher: await digestOfModel(teacher.model) }),
    },
  };
}
