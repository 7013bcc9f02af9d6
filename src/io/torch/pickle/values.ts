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

/** A `dict` or an `OrderedDict`. */
export class Dict {
  /** Whether it is an `OrderedDict`. */
  readonly ordered: boolean;
  #named: Map<string, Value> | undefined;
  /** What is under keys that are no strings. A file could choose numbers that all collide in a map. */
  #others: [key: Key, value: Value][] | undefined;
  #hasTensors = false;

  constructor(ordered: boolean) {
    this.ordered = ordered;
  }

  get size(): number {
    return (this.#named?.size ?? 0) + (this.#others?.length ?? 0);
  }

  /** Whether a tensor lies directly in it. It is not looked for: one dict may be the value of many keys. */
  get hasTensors(): boolean {
    return this.#hasTensors;
  }

  /** Keys and values, strings first. */
  *entries(): Generator<[key: Key, value: Value]> {
    yield* this.#named ?? [];
    yield* this.#others ?? [];
  }

  /** Adds an entry. Returns false if its key is a string that was there. */
  add(key: Key, value: Value): boolean {
    this.#hasTensors ||= value instanceof BuiltTensor;
    if (typeof key !== "string") {
      (this.#others ??= []).push([key, value]);
      return true;
    }
    const named = this.#named ??= new Map();
    const isNew = !named.has(key);
    named.set(key, value);
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

/** Whole numbers up to this size are shown. */
const LARGE = 2n ** 96n;

/** The kind of a value, for messages. */
export function kindOfValue(value: Value): string {
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value === "bigint") return value < LARGE && value > -LARGE ? `${value}` : "a huge number";
  if (typeof value === "number") return `the float ${value}`;
  if (typeof value === "string") return "a string";
  if (value instanceof Uint8Array) return "bytes";
  if (value instanceof Tuple) return "a tuple";
  if (value instanceof Opaque) return value.kind;
  if (value instanceof Dict) return "a dict";
  if (value instanceof Named) return value.allowed.name;
  return value instanceof Storage ? "a storage" : "a tensor";
}
