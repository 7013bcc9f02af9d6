/** A checkpoint of a training, from which it goes on. */

import { CheckpointError } from "../../base/errors.ts";
import { quote } from "../../base/messages.ts";
import { refuseProblems } from "../../base/state_dict.ts";
import { Tensor } from "../../base/tensor.ts";
import { warn } from "../../base/warn.ts";
import { coreOf, type PreTrainedModel } from "../../heads/pretrained.ts";
import { parseSafetensors, type SafetensorsTensor } from "../../io/safetensors/safetensors.ts";
import { NarrowBertConfig } from "../../model/config/config.ts";
import { OPTIMIZER_FILE, RECORD_FILE } from "../checkpoint/layout.ts";
import type { Checkpoint } from "../checkpoint/reader.ts";
import { type Optimizer, storeOf } from "../optimizer.ts";
import { environmentDifferences, environmentOf } from "./environment.ts";
import { configDifferences, configHash } from "../../heads/identity/model_identity.ts";
import { parseRecord, type TrainingRecord } from "./training_record.ts";

/** Settings that a checkpoint puts back, so that an optimizer may be made with others. */
const RESTORED = ["lr", "weight_decay", "max_grad_norm", "seed"];

/** A checkpoint of a training. Its folder is also that of a model, which `from_pretrained` and `pipeline` load. */
export interface TrainingCheckpoint {
  /** The folder. */
  readonly path: string;
  /** The steps of the training so far. */
  readonly step: number;
  /** What the training saved of its own, as JSON: its place in the data, say; null if nothing. */
  readonly data: unknown;
  /** The bytes of one of its files. @throws {CheckpointError} If it has none of the name, or the file has changed. */
  read(name: string): Promise<Uint8Array>;
  /**
   * Puts weights, moments, counts, rates and seed in the place of an optimizer's and its model's: every step from then on
   * is, bit by bit, that of a training which never stopped. If the adapter, the kernels that run on it, the library or
   * the optimizer's settings are others than they were, there is a warning that it may differ.
   *
   * @param optimizer Of the same class and groups, of a model of the same class and config; their numbers do not matter.
   * @throws {CheckpointError} If it is the checkpoint of another model or another kind of optimizer; the first differences
   *   are listed, and nothing has changed. If its files have changed.
   */
  restore(optimizer: Optimizer): Promise<void>;
}

/**
 * Opens a checkpoint as one of a training.
 *
 * @throws {CheckpointError} If it is none.
 */
export async function openTrainingCheckpoint(checkpoint: Checkpoint): Promise<TrainingCheckpoint> {
  const { path, step } = checkpoint;
  const record = await readRecord(checkpoint);
  return {
    path,
    step,
    data: record.data ?? null,
    read: (name) => checkpoint.read(name),
    restore: (optimizer) => restore(checkpoint, record, optimizer),
  };
}

async function readRecord(checkpoint: Checkpoint): Promise<TrainingRecord> {
  const text = await readText(checkpoint, RECORD_FILE);
  try {
    return parseRecord(text);
  } catch (cause) {
    const where = `${quote(RECORD_FILE)} in ${quote(checkpoint.path)}`;
    throw new CheckpointError(`Cannot read ${where}: ${(cause as Error).message}`, { cause });
  }
}

async function restore(checkpoint: Checkpoint, record: TrainingRecord, optimizer: Optimizer): Promise<void> {
  const { model } = optimizer;
  const core = coreOf(model);
  const action = `go on from ${quote(checkpoint.path)}`;
  const problems = await identityProblems(checkpoint, record, model);
  if (record.optimizer.name !== optimizer.constructor.name) {
    problems.push(`the optimizer's class must be ${record.optimizer.name}, got ${optimizer.constructor.name}`);
  }
  if (problems.length > 0) {
    refuseProblems(`${action}: it is the checkpoint of another training`, problems);
  }
  const weights = await readTensors(checkpoint, "model.safetensors");
  const state = await readTensors(checkpoint, OPTIMIZER_FILE);
  const { settings } = storeOf(optimizer);
  await storeOf(optimizer).load({ weights, state }, action);
  Object.assign(optimizer, record.rates);
  const differences = [
    ...environmentDifferences(record.environment, environmentOf(core.gpu)),
    ...settingDifferences(record.optimizer.settings, { ...settings }),
  ];
  if (differences.length === 0) return;
  const more = differences.length > 3 ? `, and ${differences.length - 3} more differences` : "";
  warn(
    `a training that goes on from ${quote(checkpoint.path)} may differ from one without a stop: ` +
      differences.slice(0, 3).join(", ") + more,
  );
}

/** How a checkpoint's model differs from another one. */
async function identityProblems(
  checkpoint: Checkpoint,
  { config_sha256 }: TrainingRecord,
  model: PreTrainedModel,
): Promise<string[]> {
  const location = `${checkpoint.path}/config.json`;
  const config = NarrowBertConfig.parse(await readText(checkpoint, "config.json"), location);
  const [name] = config.architectures ?? [];
  const problems = name === model.constructor.name ? [] : [
    `the model's class must be ${name}, got ${model.constructor.name}`,
  ];
  if (config_sha256 !== await configHash(model.config)) problems.push(...configDifferences(config, model.config));
  return problems;
}

function settingDifferences(
  before: Readonly<Record<string, unknown>>,
  now: Readonly<Record<string, unknown>>,
): string[] {
  return Object.keys({ ...before, ...now }).filter((name) => !RESTORED.includes(name)).flatMap((name) => {
    const [then, here] = [JSON.stringify(before[name]), JSON.stringify(now[name])];
    return then === here ? [] : [`the optimizer's ${name} was ${then} and is ${here}`];
  });
}

async function readText(checkpoint: Checkpoint, name: string): Promise<string> {
  return new TextDecoder().decode(await checkpoint.read(name));
}

async function readTensors(checkpoint: Checkpoint, name: string): Promise<Map<string, Tensor>> {
  const location = `${checkpoint.path}/${name}`;
  const file = parseSafetensors(await checkpoint.read(name), location);
  return new Map([...file].map(([tensor, view]) => [tensor, tensorOf(view, { location, tensor })]));
}

function tensorOf(
  { dtype, shape, data }: SafetensorsTensor,
  { location, tensor }: { location: string; tensor: string },
): Tensor {
  if (dtype === "F32") return new Tensor("float32", data as Float32Array, shape);
  if (dtype === "I64") return new Tensor("int64", data as BigInt64Array, shape);
  throw new CheckpointError(`Cannot read ${quote(location)}: ${quote(tensor)} must be F32 or I64, got ${dtype}`);
}
