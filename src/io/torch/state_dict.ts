/** Finds the dict of tensors in what a checkpoint's pickle holds. */

import { quoted } from "../../base/messages.ts";
import { byteCount, type StridedLayout } from "./layout.ts";
import { BuiltTensor, Dict, kindOfValue, type Value } from "./pickle/values.ts";
import { Refusal } from "./refusal.ts";
import type { TensorLimits } from "./tensor_claim.ts";

/**
 * The tensors of a checkpoint by name: those directly in its dict, or in the one dict of its dict that has some, as in a
 * training's `{"state_dict": …, "epoch": …}`. What is no tensor is passed over.
 *
 * @throws {Refusal} If there is no such dict, or if there are several.
 */
export function findTensors(root: Value, limits: TensorLimits): Map<string, StridedLayout> {
  if (!(root instanceof Dict)) throw new Refusal("format", `it must hold a dict of tensors, got ${kindOfValue(root)}`);
  const tensors = new Map<string, StridedLayout>();
  for (const [name, value] of dictOfTensors(root).entries()) {
    if (!(value instanceof BuiltTensor)) continue;
    if (typeof name !== "string") {
      throw new Refusal("format", `the names of its tensors must be strings, got ${kindOfValue(name)}`);
    }
    limits.count(byteCount(value.layout));
    tensors.set(name, value.layout);
  }
  return tensors;
}

function dictOfTensors(root: Dict): Dict {
  if (root.hasTensors) return root;
  const inside = [...root.entries()].filter((entry): entry is [typeof entry[0], Dict] => {
    return entry[1] instanceof Dict && entry[1].hasTensors;
  });
  const [only] = inside;
  if (only !== undefined && inside.length === 1) return only[1];
  if (only === undefined) throw new Refusal("format", "it must hold a dict of tensors, and its dict has none");
  const names = quoted(inside.slice(0, 5).map(([key]) => typeof key === "string" ? key : kindOfValue(key)));
  throw new Refusal("format", `it must hold one dict of tensors, got ${inside.length}: ${names}`);
}
