/** The folder into which a training writes its checkpoints. */

import { CheckpointError } from "../../base/errors.ts";
import { listed, quote } from "../../base/messages.ts";
import { checkOptionNames } from "../../base/options.ts";
import type { Tensor } from "../../base/tensor.ts";
import { warn } from "../../base/warn.ts";
import { coreOf } from "../../heads/pretrained.ts";
import { type ModelSource, openFolder } from "../../io/folder/folder.ts";
import { parseLocation, withoutSecrets } from "../../io/folder/location.ts";
import { localFiles } from "../../io/folder/on_disk.ts";
import { type NamedTensor, safetensorsParts } from "../../io/safetensors/safetensors.ts";
import { modelFiles } from "../../model/weights/saving.ts";
import { copyTokenizerFiles, TOKENIZER_FILES } from "../../text/files/files.ts";
import { CheckpointFolder, type CheckpointFolderOptions } from "../checkpoint/folder.ts";
import { OPTIMIZER_FILE, RECORD_FILE } from "../checkpoint/layout.ts";
import type { CheckpointFile } from "../checkpoint/writer.ts";
import { DROPOUT } from "../moments.ts";
import { type Optimizer, storeOf } from "../optimizer.ts";
import { checkRates } from "../settings.ts";
import { environmentOf } from "./environment.ts";
import { configHash } from "../../heads/identity/model_identity.ts";
import { openTrainingCheckpoint, type TrainingCheckpoint } from "./training_checkpoint.ts";
import { expectJson, recordText } from "./training_record.ts";

/** Options of {@linkcode TrainingFolder.open}. */
export interface TrainingFolderOptions {
  /** Checkpoints that are kept, at least 1; all if it is Infinity. Older ones are removed after a newer is whole. @default 2 */
  keep?: number;
  /**
   * The folder of the model that the training starts from, or its files: every checkpoint gets its tokenizer. A training
   * that goes on takes that of its checkpoint. @default none
   */
  tokenizer?: ModelSource;
}

/** Options of {@linkcode TrainingFolder.save}. */
export interface SaveTrainingOptions {
  /** The steps of the training so far, a whole number from 0. */
  step: number;
  /** What else the training needs to go on, as JSON, as it is at the call: its place in the data, say. @default null */
  data?: unknown;
  /** Other files that the checkpoint has, by name. @default none */
  files?: ReadonlyMap<string, Uint8Array>;
  /** Steps whose checkpoints are kept beside this one; all others are removed once it is there. @default the newest `keep` */
  keeps?: readonly number[];
  /** Whether there may be a checkpoint of the step, which stays until the new one is whole. @default false */
  replaces?: boolean;
}

/** Set once the class is defined: only it is made of a folder of checkpoints. */
let openIn: (
  path: string | URL,
  options: TrainingFolderOptions & Pick<CheckpointFolderOptions, "system">,
) => Promise<TrainingFolder>;

/** {@linkcode TrainingFolder.open}, in another file system. */
export function openTrainingFolder(...call: Parameters<typeof openIn>): Promise<TrainingFolder> {
  return openIn(...call);
}

/**
 * The checkpoints of a training in a local folder, which is locked for one trainer until it is disposed of. A training
 * that goes on from one is, bit by bit, the training without a stop.
 *
 * A checkpoint is a folder `checkpoint-STEP` of its own: a model with its labels and tokenizer, as `from_pretrained` and
 * `pipeline` load it, with `optimizer.safetensors`, `training_state.json` and `manifest.json`. It is there as a whole or not at
 * all, whatever ends the process. Needs read and write permission for the folder.
 *
 * @example
 * ```ts
 * import { AdamW, NarrowBertConfig, NarrowBertForSequenceClassification, TrainingFolder } from "@narrowbert/webgpu";
 *
 * const path = await Deno.makeTempDir();
 * const sizes = { vocab_size: 100, hidden_size: 32, num_attention_heads: 2, intermediate_size: 64 };
 * const config = new NarrowBertConfig({ ...sizes, num_hidden_layers: 3, num_labels: 3 });
 *
 * // Run again after a stop, this goes on from the last checkpoint.
 * using training = await TrainingFolder.open(path);
 * using model = await NarrowBertForSequenceClassification.from_config(config);
 * using optimizer = new AdamW(model, { lr: 1e-3 });
 * const last = await training.latest();
 * await last?.restore(optimizer);
 * for (let step = last?.step ?? 0; step < 6; step++) {
 *   await optimizer.step({ input_ids: [[2, 40 + step, 41, 3]], labels: [step % 3] });
 *   if ((step + 1) % 3 === 0) await training.save(optimizer, { step: step + 1 });
 * }
 * ```
 */
export class TrainingFolder implements Disposable {
  /** Its path. */
  readonly path: string;
  readonly #folder: CheckpointFolder;
  #tokenizer: ReadonlyMap<string, Uint8Array> | null;

  static {
    openIn = async (where, { tokenizer, ...options }) => {
      const location = parseLocation(where);
      if (!("local" in location)) {
        throw new TypeError(`Cannot train in "${withoutSecrets(`${where}`)}": it must be a local folder`);
      }
      const { pathOf } = await localFiles(`train in ${quote(`${where}`)}`);
      const files = tokenizer === undefined ? null : await copyTokenizerFiles(await openFolder(tokenizer));
      return new TrainingFolder(await CheckpointFolder.open(pathOf(location.local), options), files);
    };
  }

  private constructor(folder: CheckpointFolder, tokenizer: ReadonlyMap<string, Uint8Array> | null) {
    this.path = folder.path;
    this.#folder = folder;
    this.#tokenizer = tokenizer;
  }

  /**
   * Locks a folder, which is made if it does not exist, and removes what a trainer left there that was killed.
   *
   * @throws {Error} If another trainer has the folder.
   * @throws {RangeError} If `keep` is not 1 or more.
   * @throws {TokenizerError} If a tokenizer is asked for where there is none.
   */
  static async open(path: string | URL, options: TrainingFolderOptions = {}): Promise<TrainingFolder> {
    checkOptionNames("open a training", options, ["keep", "tokenizer"]);
    return await openIn(path, options);
  }

  /**
   * The newest checkpoint whose files are what was written; null if there is none at all. There is a warning for each newer
   * one that is damaged.
   *
   * @throws {CheckpointError} If there are checkpoints, and all are damaged.
   */
  async latest(): Promise<TrainingCheckpoint | null> {
    const { checkpoint, problems } = await this.#folder.latest();
    if (checkpoint === null) {
      if (problems.length === 0) return null;
      throw new CheckpointError(
        `Cannot go on with the training in ${
          quote(this.path)
        }: no checkpoint is whole; remove them, or choose another folder, to begin anew:` +
          listed(problems.map(({ message }) => message)),
      );
    }
    const latest = await openTrainingCheckpoint(checkpoint);
    for (const { message } of problems) warn(`${message}; the checkpoint of step ${checkpoint.step} is used`);
    if (this.#tokenizer === null) {
      const names = checkpoint.names.filter((name) => TOKENIZER_FILES.includes(name));
      const files = await Promise.all(names.map(async (name) => [name, await checkpoint.read(name)] as const));
      if (files.length > 0) this.#tokenizer = new Map(files);
    }
    return latest;
  }

  /**
   * Writes a checkpoint of the training after the steps that were asked for so far, and then removes those that are too
   * many; folders of other programs stay. Later steps wait until all is read from the GPU, but not for the disk.
   *
   * @param optimizer Its model is the one that is saved.
   * @returns The path of the checkpoint.
   * @throws {RangeError | TypeError} If the step is wrong, or the data are no JSON.
   * @throws {Error} If there is a checkpoint of that step or a later one, if something of another program has the name of
   *   one, if one is being written, or if the disk is full or fails. The checkpoints that were there are then as they were.
   */
  async save(optimizer: Optimizer, options: SaveTrainingOptions): Promise<string> {
    checkOptionNames("save a training", options, ["step", "data", "files", "keeps", "replaces"]);
    const { step, data = null, files: others = new Map(), keeps, replaces = false } = options;
    expectJson("data", data);
    const json = JSON.stringify(data); // the caller may change them while the GPU is read
    const { model, constructor: { name } } = optimizer;
    const { lr, weight_decay, max_grad_norm } = optimizer;
    checkRates("save a training", { lr, weight_decay, max_grad_norm });
    const store = storeOf(optimizer);
    const { weights, state } = await store.readAll();
    const { config } = model;
    const [seed, passes] = Array.from((state.get(DROPOUT) as Tensor).data, Number) as [number, number];
    const record = {
      step,
      passes,
      seed,
      optimizer: { name, settings: { ...store.settings } },
      rates: { lr, weight_decay, max_grad_norm },
      environment: environmentOf(coreOf(model).gpu),
      config_sha256: await configHash(config),
      data: JSON.parse(json) as unknown,
    };
    const files: CheckpointFile[] = [
      ...modelFiles({ config, className: model.constructor.name, tensors: weights, layout: "narrow_bert" }).map(fileOf),
      ...[...this.#tokenizer ?? []].map(fileOf),
      { name: OPTIMIZER_FILE, data: safetensorsParts([...state].map(viewOf)) },
      { name: RECORD_FILE, data: new TextEncoder().encode(recordText(record)) },
      ...[...others].map(fileOf),
    ];
    return await this.#folder.write(step, files, { replaces, ...(keeps && { keeps }) });
  }

  /** Removes the checkpoints up to a step, but for those of some steps. */
  async prune(keeps: readonly number[], options: { upTo: number }): Promise<void> {
    await this.#folder.prune(keeps, options);
  }

  /** Unlocks the folder, after the checkpoint that is being written. */
  dispose(): void {
    this.#folder[Symbol.dispose]();
  }

  /** {@linkcode dispose}, for `using`. */
  [Symbol.dispose](): void {
    this.dispose();
  }
}

function fileOf([name, data]: readonly [name: string, data: CheckpointFile["data"]]): CheckpointFile {
  return { name, data };
}

function viewOf([name, { type, dims, data }]: [string, Tensor]): NamedTensor {
  const dtype = type === "int64" ? "I64" : "F32";
  return [name, { dtype, shape: dims, data: data as Float32Array<ArrayBuffer> }];
}
