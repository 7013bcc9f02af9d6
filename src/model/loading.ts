/** Makes models: from a folder, or with random weights. */

import { describe } from "../base/messages.ts";
import { checkCallbacks, checkOptionNames } from "../base/options.ts";
import { warn } from "../base/warn.ts";
import { openCheckpoint } from "../io/checkpoint/open.ts";
import { type ModelFolder, type ModelSource, openFolder } from "../io/folder/folder.ts";
import { NarrowBertConfig, readConfig } from "./config/config.ts";
import { ModelCore } from "./core.ts";
import { checkDeviceOptions, openDevice } from "./device_options.ts";
import type { Head, ModelParts } from "./head.ts";
import {
  checkContextLimit,
  checkVerify,
  LOAD_OPTIONS,
  type LoadOptions,
  MODEL_OPTIONS,
  type ModelOptions,
} from "./model_options.ts";
import { LOAD_PROBE } from "./probe/probe.ts";
import { parameterShapes } from "./weights/parameter_shapes.ts";
import { randomWeights } from "./weights/random_weights.ts";
import { resolveWeights } from "./weights/weights.ts";

/** A model's folder, open, and its config, which is read once. */
export interface OpenedModel {
  /** The folder that has its config, weights and tokenizer. */
  readonly folder: ModelFolder;
  /** The folder that was opened, which has that folder in it or is it. */
  readonly root: ModelFolder;
  readonly config: NarrowBertConfig;
}

/**
 * Opens the folder of a model, once for all that is loaded from it, and reads its config.
 *
 * @param locate Where in the folder the model is. Default: in the folder itself.
 * @throws {CheckpointError} If there is no such folder, or no config.json in it.
 * @throws {ConfigError} If the config is not valid.
 * @throws {TypeError | RangeError} If an option is wrong.
 */
export async function openModel(
  where: ModelSource,
  options: LoadOptions,
  locate?: (folder: ModelFolder) => Promise<ModelFolder>,
): Promise<OpenedModel> {
  checkOptionNames("load a model", options, LOAD_OPTIONS);
  checkCallbacks("load a model", options);
  checkDeviceOptions(options);
  checkContextLimit(options);
  checkVerify(options);
  seedOf(options);
  const root = await openFolder(where, options);
  const folder = await locate?.(root) ?? root;
  return { folder, root, config: await readConfig(folder, { overrides: options.config ?? {} }) };
}

/**
 * Loads a model's weights to the GPU. All but the numbers is checked before there is any GPU memory; the numbers are, as
 * they are read.
 *
 * @param parts `known`: heads whose weights give no warning if the model has no head.
 * @param options What {@linkcode openModel} lets pass.
 * @throws {CheckpointError} If files are missing or the weights do not fit; everything wrong is listed.
 * @throws {NoAdapterError} If there is no GPU.
 * @throws {ProbeError} If the device is probed, and computes something else than it should.
 */
export async function loadCore(
  { folder, config }: Pick<OpenedModel, "folder" | "config">,
  { known, ...parts }: ModelParts & { known: readonly Head[] },
  options: LoadOptions,
): Promise<ModelCore> {
  const { signal, strict = false } = options;
  const checkpoint = await openCheckpoint(folder);
  const weights = resolveWeights(checkpoint, config, { ...parts, known, strict, newHead: seedOf(options) });
  for (const warning of weights.warnings) warn(warning);
  const device = await openDevice(options);
  return await ModelCore.create({
    ...device,
    ...parts,
    config: weights.config,
    weights: { get: weights.open },
    signal,
    maxContextBytes: options.maxContextBytes,
    probes: options.verify === "probe" ? LOAD_PROBE : [],
  });
}

/** Makes a model with random weights; a `seed` gives the same on every machine. */
export async function randomCore(
  config: NarrowBertConfig,
  parts: ModelParts,
  options: ModelOptions & { seed?: number },
): Promise<ModelCore> {
  if (!(config instanceof NarrowBertConfig)) {
    throw new TypeError("Cannot make a model: config must be a NarrowBertConfig, made by new NarrowBertConfig({ … })");
  }
  checkOptionNames("make a model", options, [...MODEL_OPTIONS, "seed"]);
  checkDeviceOptions(options);
  checkContextLimit(options);
  const { maxContextBytes } = options;
  const settled = config.with({ full_length_layers: config.full_length_layers });
  const weights = randomWeights(settled, parameterShapes(settled, parts), options.seed ?? 0);
  return await ModelCore.create({ ...await openDevice(options), ...parts, config: settled, weights, maxContextBytes });
}

/** The seed of a new head; null if none is asked for. */
function seedOf({ new_head: asked = false }: LoadOptions): number | null {
  if (typeof asked === "boolean") return asked ? 0 : null;
  const text = `new_head must be true, false or a seed, a whole number from 0 below 2^32, got ${describe(asked)}`;
  if (typeof asked !== "number") throw new TypeError(`Cannot load a model: ${text}`);
  if (Number.isInteger(asked) && asked >= 0 && asked < 2 ** 32) return asked;
  throw new RangeError(`Cannot load a model: ${text}`);
}
