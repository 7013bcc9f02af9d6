/**
 * The values that a pickle builds. Only what tensors need is kept. Whole numbers are `bigint`, so `number` is always
 * Python's float.
 */

import type { Dtype } from "../../../base/dtype.ts";
import type { StridedLayout } from "../layout.ts";
import type { AllowedName } from "./names.ts";

/** Any value. */
export type Value =
  | null
  | boolean
  | bigint
  | number
  | string
  | Uint8Array
  | Tuple
  | Opaque
  | Dict
  | Named
  | Storage
  | BuiltTensor;

/** A tuple. */
export class Tuple {
  readonly items: readonly Value[];

  constructor(items: readonly Value[]) {
    this.items = items;
  }
}

/** A value of which only the kind is known, as nothing else is needed: none is told from another of its kind. */
export class Opaque {
  readonly kind: string;

  constructor(kind: string) {
    this.kind = kind;
  }
}

/** A list, whose items are dropped. */
export const LIST = new Opaque("a list");
/** A `bytearray`. */
export const BYTEARRAY = new Opaque("a bytearray");

/** What a dict's key may be. */
export type Key = null | boolean | bigint | number | string | Uint8Array;

const NONE: ReadonlyMap<Key, Value> = new Map();

/** A `dict` or an `OrderedDict`. */
export class Dict {
  /** Whether it is an `OrderedDict`. */
  readonly ordered: boolean;
  #entries: Map<Key, Value> | undefined;

  constructor(ordered: boolean) {
    this.ordered = ordered;
  }

  get entries(): ReadonlyMap<Key, Value> {
    return this.#entries ?? NONE;
  }

  /** Sets an entry. Returns false if there was one of the key. */
  add(key: Key, value: Value): boolean {
    this.#entries ??= new Map();
    const isNew = !this.#entries.has(key);
    this.#entries.set(key, value);
    return isNew;
  }
}

/** Something of Python that the pickle names: a function, a class of storages, or a type of elements. */
export class Named {
  readonly allowed: AllowedName;

  constructor(allowed: AllowedName) {
    this.allowed = allowed;
  }
}

/** A storage: bytes of the file that tensors show. */
export class Storage {
  /** The type of its elements; null if it is bytes, and each tensor says its own. */
  readonly dtype: Dtype | null;
  /** Its bytes in the file. */
  readonly begin: number;
  readonly size: number;

  constructor({ dtype, begin, size }: Pick<Storage, "dtype" | "begin" | "size">) {
    this.dtype = dtype;
    this.begin = begin;
    this.size = size;
  }
}

/** A tensor: how it lies in its storage. */
export class BuiltTensor {
  readonly layout: StridedLayout;

  constructor(layout: StridedLayout) {
    this.layout = layout;
  }
}

/** The kind of a value, for messages. */
export function kindOfValue(value: Value): string {
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value === "bigint") return value.toString().length > 30 ? "a huge number" : `${value}`;
  if (typeof value === "number") return `the float ${value}`;
  if (typeof value === "string") return "a string";
  if (value instanceof Uint8Array) return "bytes";
  if (value instanceof Tuple) return "a tuple";
  if (value instanceof Opaque) return value.kind;
  if (value instanceof Dict) return "a dict";
  if (value instanceof Named) return value.allowed.name;
  return value instanceof Storage ? "a storage" : "a tensor";
}
