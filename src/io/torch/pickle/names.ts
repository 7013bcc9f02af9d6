/** The names of Python that a pickle may load. Nothing is ever imported or called: each stands for something done here. */

import type { Dtype } from "../../../base/dtype.ts";

/** A function or class that `REDUCE` may call. */
export type CallName = "OrderedDict" | "_rebuild_tensor_v2" | "_rebuild_tensor_v3" | "_rebuild_parameter";

/** A name that may be loaded, and what it stands for. */
export type AllowedName =
  | { readonly kind: "call"; readonly name: string; readonly call: CallName }
  | { readonly kind: "storage"; readonly name: string; readonly dtype: Dtype | null }
  | { readonly kind: "dtype"; readonly name: string; readonly dtype: Dtype };

/** Types of elements, by their names in PyTorch, and the classes of storages of each. */
const TYPES: readonly (readonly [dtype: Dtype, name: string, storage: string])[] = [
  ["F64", "float64", "DoubleStorage"],
  ["F32", "float32", "FloatStorage"],
  ["F16", "float16", "HalfStorage"],
  ["BF16", "bfloat16", "BFloat16Storage"],
  ["I64", "int64", "LongStorage"],
  ["I32", "int32", "IntStorage"],
  ["I16", "int16", "ShortStorage"],
  ["I8", "int8", "CharStorage"],
  ["U8", "uint8", "ByteStorage"],
  ["BOOL", "bool", "BoolStorage"],
];

/** Module and name in one text. A module that has the separator in it equals no key, as no key has it twice. */
const keyOf = (module: string, name: string) => `${module}\n${name}`;

const ALLOWED: ReadonlyMap<string, AllowedName> = new Map([
  entry("collections", { kind: "call", name: "OrderedDict", call: "OrderedDict" }),
  ...(["_rebuild_tensor_v2", "_rebuild_tensor_v3", "_rebuild_parameter"] as const).map((call) =>
    entry("torch._utils", { kind: "call", name: call, call })
  ),
  entry("torch.storage", { kind: "storage", name: "UntypedStorage", dtype: null }),
  ...TYPES.flatMap(([dtype, name, storage]) => [
    entry("torch", { kind: "dtype", name, dtype }),
    entry("torch", { kind: "storage", name: storage, dtype }),
  ]),
]);

function entry(module: string, allowed: AllowedName): [key: string, AllowedName] {
  return [keyOf(module, allowed.name), { ...allowed, name: `${module}.${allowed.name}` }];
}

/** What a name stands for; `undefined` if it may not be loaded. */
export function allowedName(module: string, name: string): AllowedName | undefined {
  return ALLOWED.get(keyOf(module, name));
}
