/** Checks of a checkpoint's weights, each with its message. */

import { isFloatDtype } from "../../base/dtype.ts";
import { CheckpointError } from "../../base/errors.ts";
import { quoted } from "../../base/messages.ts";
import { elementCount, shapeText } from "../../base/shape.ts";
import { FloatMemory, pieces } from "../../io/checkpoint/floats.ts";
import { familyOf } from "./stored_names.ts";
import { BODY } from "./published_names.ts";
import type { Head } from "../head.ts";
import type { StoredWeights } from "./stored_weights.ts";

/** The error for a checkpoint without a single BERT layer. */
export function notBert(location: string, names: readonly string[]): CheckpointError {
  const family = familyOf(names);
  const got = names.length === 0
    ? "none"
    : `${names.length}${family === undefined ? "" : ` of ${family}`}, such as ${quoted(names.slice(0, 3))}`;
  return new CheckpointError(
    `Cannot load "${location}": its weights must be those of a NarrowBERT or a BERT, with names like ` +
      `"${BODY}encoder.layer.0.output.dense.weight" or "bert.encoder.layer.0.output.dense.weight", got ${got}`,
  );
}

/** Problems of weights that are missing: of the encoder, of the pooler, of the heads. */
export function absences(names: readonly string[], heads: readonly Head[]): string[] {
  const pooler = names.filter((name) => name.startsWith(`${BODY}pooler.`));
  const body = names.filter((name) => name.startsWith(BODY) && !pooler.includes(name));
  const top = names.filter((name) => !name.startsWith(BODY));
  const problems: string[] = [];
  if (body.length > 0) problems.push(`${body.length} weights are missing: ${quoted(body)}`);
  if (pooler.length > 0) {
    const cure = heads.every(({ pooling }) => pooling === "optional")
      ? "set add_pooling_layer: false to load the model without one"
      : "this head needs one; start new ones with new_head: true, or load NarrowBertModel, which can do without, with " +
        "add_pooling_layer: false";
    problems.push(`the pooler is missing: ${quoted(pooler)} (${cure})`);
  }
  for (const { name, prefix } of heads) {
    const absent = top.filter((weight) => prefix !== null && weight.startsWith(`${prefix}.`));
    if (absent.length === 0) continue;
    problems.push(
      `the ${name} head is missing: ${
        quoted(absent)
      } (load a checkpoint that was trained with this head, or start a new one with new_head: true)`,
    );
  }
  return problems;
}

/** Problems of a stored weight's type and shape. */
export function misfits(checkpoint: StoredWeights, stored: string, shape: readonly number[]): string[] {
  const info = checkpoint.info(stored);
  const problems: string[] = [];
  if (!isFloatDtype(info.dtype)) {
    problems.push(`type of ${quoted([stored])} must be F32, F16, BF16 or F64, got ${info.dtype}`);
  }
  if (info.shape.length !== shape.length || info.shape.some((size, axis) => size !== shape[axis])) {
    problems.push(
      `shape of ${quoted([stored])} must be ${shapeText(shape)} by the config, got ${shapeText(info.shape)}`,
    );
  }
  return problems;
}

/** The index of the first element that differs, of lists of one length; -1 if none does. */
export function firstDifference(one: Float32Array, other: Float32Array): number {
  for (let i = 0; i < one.length; i++) if (one[i] !== other[i]) return i;
  return -1;
}

/** The problem of a copy that differs from the shared weight that it is a copy of; both have the same shape. */
export function differences(
  checkpoint: StoredWeights,
  { copy, original }: { copy: string; original: string },
): string[] {
  const [memory, other] = [new FloatMemory(), new FloatMemory()];
  const count = elementCount(checkpoint.info(copy).shape);
  for (const piece of pieces(0, count)) {
    const got = checkpoint.float32(copy, { ...piece, memory });
    const expected = checkpoint.float32(original, { ...piece, memory: other });
    const at = firstDifference(got, expected);
    if (at < 0) continue;
    return [
      `${quoted([copy])} must equal ${quoted([original])}, with which it is tied, ` +
      `but element ${piece.begin + at} must be ${expected[at]}, got ${got[at]}`,
    ];
  }
  return [];
}
