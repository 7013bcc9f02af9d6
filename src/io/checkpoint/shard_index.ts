/** The index of a checkpoint in several files: which tensor is in which of them. */

import { CheckpointError } from "../../base/errors.ts";
import { quote } from "../../base/messages.ts";
import { JsonScanner } from "../safetensors/json_scanner.ts";
import { isPlainName } from "../folder/model_folder.ts";

/**
 * Reads a `model.safetensors.index.json` or a `pytorch_model.bin.index.json`.
 *
 * @param bytes The file.
 * @param name What messages call it.
 * @returns For each tensor the plain name of its file.
 * @throws {CheckpointError} If it is not strict JSON with a `weight_map` of tensor names to plain file names.
 */
export function parseShardIndex(bytes: Uint8Array, name: string): Map<string, string> {
  let weightMap: Map<string, string> | undefined;
  try {
    const json = new JsonScanner(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    json.object((key) => {
      if (key !== "weight_map") return json.skip();
      if (weightMap !== undefined) throw new SyntaxError("weight_map appears twice");
      weightMap = scanWeightMap(json);
    });
    json.end();
    if (weightMap === undefined) throw new SyntaxError("weight_map is missing");
    return weightMap;
  } catch (cause) {
    const problem = cause instanceof SyntaxError ? cause.message : "it must be UTF-8, and is not";
    throw new CheckpointError(`Cannot read ${quote(name)}: ${problem}`, { cause });
  }
}

function scanWeightMap(json: JsonScanner): Map<string, string> {
  const files = new Map<string, string>();
  json.object((tensor) => {
    const file = json.string();
    const first = files.get(tensor);
    if (first !== undefined) {
      throw new SyntaxError(`tensor ${quote(tensor)} must be in one file, got ${quote(first)} and ${quote(file)}`);
    }
    if (!isPlainName(file)) {
      throw new SyntaxError(`the file of tensor ${quote(tensor)} must be a plain file name, got ${quote(file)}`);
    }
    files.set(tensor, file);
  });
  return files;
}
