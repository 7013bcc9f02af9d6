/** A PyTorch checkpoint of the tensors of a safetensors file. */

import type { SafetensorsTensor } from "../../../mod.ts";
import { buildTorch, dict, pickle, type STORAGES, tensor } from "./build.ts";

/** Its bytes, as `torch.save` would have them for a dict of contiguous tensors that share no storage. */
export function torchOf(file: ReadonlyMap<string, SafetensorsTensor>): Uint8Array {
  const tensors = [...file];
  const entries = tensors.map(([name, { dtype, shape, data }], key) => {
    const built = { dtype: dtype as keyof typeof STORAGES, key: `${key}`, count: data.length, shape };
    return [name, tensor(built)] as const;
  });
  const storages = tensors.map(([, { data }], key) => {
    return [`${key}`, new Uint8Array(data.buffer, data.byteOffset, data.byteLength)] as const;
  });
  return buildTorch(pickle(dict(Object.fromEntries(entries))), Object.fromEntries(storages));
}
