/** What decides the steps of a training: one that goes on must have the same. */

import { filesOfTokenizer, type NarrowBertTokenizer } from "../../../text/tokenizer.ts";
import { PreTrainedModel } from "../../../heads/pretrained.ts";
import { configHash } from "../../saving/model_identity.ts";
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
      tokenizer: await digestOf(tokenizer),
      ...(teacher?.model instanceof PreTrainedModel && { teacher: await digestOfModel(teacher.model) }),
    },
  };
}

/** The SHA-256 of a tokenizer's files, in hexadecimal digits. */
async function digestOf(tokenizer: NarrowBertTokenizer): Promise<string> {
  const files = [...await filesOfTokenizer(tokenizer)].sort(([a], [b]) => a < b ? -1 : 1);
  const parts = files.flatMap(([name, bytes]) => [`${name} ${bytes.length}\n`, bytes as Uint8Array<ArrayBuffer>]);
  return await sha256(await new Blob(parts).arrayBuffer());
}

/** The SHA-256 of what a model computes: that of its config, and those of its weights. */
async function digestOfModel(model: PreTrainedModel): Promise<string> {
  const parts = [await configHash(model.config)];
  for (const [name, { data }] of await model.state_dict()) {
    parts.push(`${name} ${await sha256(data as Float32Array<ArrayBuffer>)}`);
  }
  return await sha256(new TextEncoder().encode(parts.join("\n")));
}

/** The SHA-256 of bytes, in hexadecimal digits. */
async function sha256(bytes: BufferSource): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}
