/** Converts the folder of a model into another layout, without a GPU. */

import { decodeBfloat16 } from "../../base/dtype.ts";
import { CheckpointError } from "../../base/errors.ts";
import { quote } from "../../base/messages.ts";
import { elementCount } from "../../base/shape.ts";
import { tick } from "../../base/tick.ts";
import { pieces } from "../../io/checkpoint/floats.ts";
import { openCheckpoint } from "../../io/checkpoint/open.ts";
import { type ModelFolder, type ModelSource, openFolder, type OpenFolderOptions } from "../../io/folder/folder.ts";
import { parseLocation, withoutSecrets } from "../../io/folder/location.ts";
import { localFiles } from "../../io/folder/on_disk.ts";
import { safetensorsStream, type WrittenTensor } from "../../io/safetensors/safetensors.ts";
import { readConfig } from "../../model/config/config.ts";
import { type SavedDtype, savedElements } from "../../model/weights/saved_dtype.ts";
import { savedConfigText } from "../../model/weights/saved_layout.ts";
import { resolveWeights } from "../../model/weights/weights.ts";
import { HEADS } from "../registry.ts";
import { locateTransformer, readModules } from "../sentence/modules.ts";
import { filesAlong } from "./files_along.ts";
import { type ConversionOptions, type ConversionPlan, type ConvertedWeight, planConversion } from "./plan.ts";

/** What a conversion did. */
export interface Conversion {
  /** The folder that it made. */
  readonly path: string;
  readonly plan: ConversionPlan;
  /** Names of the files that went along unchanged. */
  readonly along: readonly string[];
}

/**
 * Converts a model, of any published layout, into a new folder. It is read again and compared with the source, bit by bit,
 * before it gets its name: there is never a part of it under that name.
 *
 * @param where The new folder.
 * @throws {CheckpointError} If the source cannot be read, its weights do not fit, or what was written is not the same.
 * @throws {ConfigError} If its config is not valid, or of no class of this library.
 * @throws {RangeError} If an option has no such value, a weight is beyond the element type, or layers are narrow of which an
 *   ordinary BERT is to be made.
 * @throws {TypeError} If the new folder is not local, or there is something.
 */
export async function convert(
  source: ModelSource,
  where: string | URL,
  options: ConversionOptions & OpenFolderOptions = {},
): Promise<Conversion> {
  const { signal } = options;
  const location = parseLocation(where);
  if (!("local" in location)) {
    throw new TypeError(`Cannot convert to ${quote(withoutSecrets(`${where}`))}: it must be a local folder`);
  }
  const { checkNewFolder, writeNewFolder } = await localFiles(`convert to ${quote(`${where}`)}`);
  await checkNewFolder(location.local);
  const root = await openFolder(source, options);
  const modules = await readModules(root);
  const folder = await locateTransformer(root);
  const stored = await readConfig(folder);
  const plan = planConversion(await openCheckpoint(folder), stored, options);
  const along = await filesAlong(root, { model: folder, modules });
  const files = [["model.safetensors", weightsFile(plan)], ["config.json", [configFile(plan)]], ...along] as const;
  const check = async (path: string) => await compare(await openFolder(path), plan, signal);
  const path = await writeNewFolder(location.local, files, { check, signal });
  return { path, plan, along: along.map(([name]) => name) };
}

function configFile({ config, className, dtype, layout }: ConversionPlan): Uint8Array {
  return new TextEncoder().encode(savedConfigText(config, { className, dtype, layout }));
}

function weightsFile(plan: ConversionPlan): Iterable<Uint8Array> {
  const tensors = new Map(plan.weights.map((weight): [string, WrittenTensor] => [weight.saved, {
    dtype: plan.dtype,
    shape: plan.source.shape(weight.name),
    *parts() {
      for (const { rounded } of savedPieces(plan, weight)) {
        yield new Uint8Array(rounded.buffer, rounded.byteOffset, rounded.byteLength);
      }
    },
  }]));
  return safetensorsStream(tensors, { format: "pt" });
}

/** The elements of a weight as they are saved, piece by piece; the next piece overwrites the one before. */
function* savedPieces({ source, dtype }: ConversionPlan, { name, stored }: ConvertedWeight) {
  const [shape, elements] = [source.shape(name), source.open(name)];
  for (const { begin, end } of pieces(0, elementCount(shape))) {
    const values = elements.subarray(begin, end) as Float32Array<ArrayBuffer>;
    yield { begin, end, rounded: savedElements({ name: stored, shape, begin, values }, dtype) };
  }
}

/** Reads what was written as any model is read. @throws {CheckpointError} If it is not the source, rounded. */
async function compare(written: ModelFolder, plan: ConversionPlan, signal?: AbortSignal): Promise<void> {
  const { head, pooler, dtype, config } = plan;
  const checkpoint = await openCheckpoint(written);
  const options = { heads: [head], pooler, known: HEADS, strict: true };
  const found = resolveWeights(checkpoint, await readConfig(written), options);
  const fail = (problem: string) => {
    throw new CheckpointError(`Cannot read back what was written to ${quote(written.location)}: ${problem}`);
  };
  if (found.config.full_length_layers !== config.full_length_layers) {
    fail(`${config.full_length_layers} layers must be full, got ${found.config.full_length_layers}`);
  }
  for (const weight of plan.weights) {
    await tick(); // so that a signal is heard
    signal?.throwIfAborted();
    const elements = found.open(weight.target);
    for (const { begin, end, rounded } of savedPieces(plan, weight)) {
      const [expected, got] = [bitsOf(floatsOf(rounded, dtype)), bitsOf(elements.subarray(begin, end))];
      const at = expected.findIndex((bits, i) => bits !== got[i]);
      if (at >= 0) fail(`element ${begin + at} of ${quote(weight.saved)} is another than in the source`);
    }
  }
}

function floatsOf(rounded: ReturnType<typeof savedElements>, dtype: SavedDtype): Float32Array {
  return dtype === "BF16" ? decodeBfloat16(rounded as Uint16Array) : new Float32Array(rounded as Float32Array);
}

function bitsOf({ buffer, byteOffset, length }: Float32Array): Uint32Array {
  return new Uint32Array(buffer, byteOffset, length);
}
