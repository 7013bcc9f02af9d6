/** What the names, storages and calls of a checkpoint's pickle mean. Everything a tensor claims is checked here. */

import { quote } from "../../base/messages.ts";
import type { TorchArchive } from "./archive.ts";
import { itemBytes } from "./layout.ts";
import type { Meaning } from "./pickle/machine.ts";
import { allowedName } from "./pickle/names.ts";
import { BuiltTensor, Dict, kindOfValue, Named, Storage, Tuple, type Value } from "./pickle/values.ts";
import { Refusal } from "./refusal.ts";
import { type TensorClaim, tensorLayout, type TensorLimits } from "./tensor_claim.ts";

/** Arguments of the functions that make tensors. The last of each may be left out. */
const ARGUMENTS = { _rebuild_tensor_v2: 7, _rebuild_tensor_v3: 8 };

/** Gives tensors that lie in an archive. */
export class Rebuilder implements Meaning {
  readonly #archive: TorchArchive;
  readonly #limits: TensorLimits;
  /** The storages by key, each with the class and the number of elements that it has everywhere. */
  readonly #storages = new Map<string, { storage: Storage; type: Named; count: bigint }>();

  constructor(archive: TorchArchive, limits: TensorLimits) {
    this.#archive = archive;
    this.#limits = limits;
  }

  load(module: string, name: string): Value {
    const allowed = allowedName(module, name);
    if (allowed !== undefined) return new Named(allowed);
    throw new Refusal(
      "forbidden_global",
      `its pickle names ${
        quote(`${module}.${name}`)
      }, and may name only what tensors need, so nothing of it is loaded; ` +
        "in Python, save the tensors alone by torch.save(model.state_dict(), …)",
    );
  }

  /** A storage, of `("storage", class, key, location, number of elements)`. */
  persistent(id: Value): Value {
    const [tag, type, key, , count] = id instanceof Tuple && id.items.length === 5 ? id.items : [];
    if (tag !== "storage" || !(type instanceof Named) || type.allowed.kind !== "storage" || typeof key !== "string") {
      const form = '("storage", class, key, location, number of elements)';
      throw new Refusal("bad_pickle", `a persistent id of its pickle must be ${form}, got ${kindOfValue(id)}`);
    }
    const what = `storage ${quote(key)}`;
    if (typeof count !== "bigint" || count < 0n) {
      throw new Refusal(
        "bad_tensor",
        `${what} must have a whole number of elements, got ${kindOfValue(count ?? null)}`,
      );
    }
    const known = this.#storages.get(key);
    if (known !== undefined) {
      if (known.type.allowed === type.allowed && known.count === count) return known.storage;
      throw new Refusal("bad_tensor", `${what} must be of one class and size, and is of two`);
    }
    const record = this.#archive.storage(key);
    if (record === undefined) throw new Refusal("bad_tensor", `${what} is missing from the archive`);
    const { dtype } = type.allowed;
    const { begin, end } = record;
    const bytes = count * BigInt(dtype === null ? 1 : itemBytes(dtype));
    if (bytes !== BigInt(end - begin)) {
      const elements = `${type.allowed.name} of ${kindOfValue(count)} elements`;
      throw new Refusal("bad_tensor", `${what} is a ${elements}, and its record has ${end - begin} bytes`);
    }
    const storage = new Storage({ dtype, begin, size: end - begin });
    this.#storages.set(key, { storage, type, count });
    return storage;
  }

  call({ called, args, before }: { called: Value; args: Value; before: Value | undefined }): Value {
    if (!(called instanceof Named) || called.allowed.kind !== "call" || !(args instanceof Tuple)) {
      const found = `${kindOfValue(called)} with ${kindOfValue(args)}`;
      throw new Refusal("bad_pickle", `its pickle may call what makes tensors, with a tuple, but calls ${found}`);
    }
    const { items } = args;
    const tensor = typeof before === "string" ? `tensor ${quote(before)}` : "a tensor";
    switch (called.allowed.call) {
      case "OrderedDict":
        if (items.length === 0) return new Dict(true);
        throw new Refusal("bad_pickle", "its pickle may make an OrderedDict without arguments only");
      case "_rebuild_parameter":
        if (items.length === 3 && items[0] instanceof BuiltTensor) return items[0];
        throw new Refusal("bad_tensor", `${tensor} must be a parameter made of a tensor, and is not`);
      case "_rebuild_tensor_v2":
      case "_rebuild_tensor_v3": {
        const layout = tensorLayout(claimOf(called.allowed.call, items, tensor), this.#limits);
        return new BuiltTensor(layout);
      }
    }
  }
}

/**
 * What the arguments of a function claim: storage, offset, sizes, strides, whether it requires a gradient, hooks, in the
 * third version the type, and metadata. Gradients and hooks are of no concern.
 */
function claimOf(call: keyof typeof ARGUMENTS, items: readonly Value[], tensor: string): TensorClaim {
  const most = ARGUMENTS[call];
  if (items.length !== most && items.length !== most - 1) {
    throw new Refusal("bad_tensor", `${tensor} must be made of ${most - 1} or ${most} arguments, got ${items.length}`);
  }
  const [storage, offset, shape, strides] = items as [Value, Value, Value, Value];
  if (!(storage instanceof Storage)) {
    throw new Refusal("bad_tensor", `${tensor} must lie in a storage, got ${kindOfValue(storage)}`);
  }
  const metadata = items[most - 1] ?? null;
  // It may say that all values are to be negated.
  if (metadata !== null && !(metadata instanceof Dict && metadata.size === 0)) {
    throw new Refusal("bad_tensor", `${tensor} has metadata, which may change its values: ${kindOfValue(metadata)}`);
  }
  const type = call === "_rebuild_tensor_v3" ? items[6] : undefined;
  const untyped = type instanceof Named && type.allowed.kind === "dtype" ? type.allowed.dtype : null;
  const dtype = call === "_rebuild_tensor_v3" ? untyped : storage.dtype;
  if (dtype === null || (type !== undefined && storage.dtype !== null)) {
    throw new Refusal("bad_tensor", `${tensor} must have its type from a typed storage, or with an untyped one`);
  }
  return { tensor, storage, dtype, offset, shape, strides };
}
