/**
 * The opcodes of pickles that checkpoints are made of, protocols 2 to 5, each with what it does. All others are refused.
 * Source: Python's `pickletools.py`.
 */

import { quote } from "../../../base/messages.ts";
import { Refusal } from "../refusal.ts";
import type { Machine } from "./machine.ts";
import { BYTEARRAY, Dict, type Key, kindOfValue, LIST, Tuple, type Value } from "./values.ts";

/** What an opcode does. */
export type Action = (machine: Machine) => unknown;

/** Most bytes of a whole number. No size of a tensor has more than 8; a larger one may stand beside them. */
const MAX_INTEGER = 1 << 20;

/** The last opcode of a pickle. */
export const STOP = 0x2e;
/** The first opcode of a pickle. */
export const PROTO = 0x80;

const code = (character: string) => character.charCodeAt(0);

/** The opcodes, by their byte. */
export const OPCODES: ReadonlyMap<number, Action> = new Map<number, Action>([
  [PROTO, ({ cursor }) => checkProtocol(cursor.uint(1))],
  [0x95, ({ cursor }) => checkFrame(cursor.uint64(), cursor.left)],

  [code("N"), (m) => m.push(null)],
  [0x88, (m) => m.push(true)],
  [0x89, (m) => m.push(false)],
  [code("J"), (m) => m.push(BigInt(m.cursor.int32()))],
  [code("K"), (m) => m.push(BigInt(m.cursor.uint(1)))],
  [code("M"), (m) => m.push(BigInt(m.cursor.uint(2)))],
  [0x8a, (m) => m.push(integer(m.cursor.bytes(m.cursor.uint(1))))],
  [0x8b, (m) => m.push(longInteger(m))],
  [code("G"), (m) => m.push(m.cursor.float64())],

  [0x8c, (m) => m.push(m.cursor.text(m.cursor.uint(1)))],
  [code("X"), (m) => m.push(m.cursor.text(m.cursor.uint(4)))],
  [0x8d, (m) => m.push(m.cursor.text(m.cursor.uint64()))],
  [code("C"), (m) => m.push(m.cursor.bytes(m.cursor.uint(1)))],
  [code("B"), (m) => m.push(m.cursor.bytes(m.cursor.uint(4)))],
  [0x8e, (m) => m.push(m.cursor.bytes(m.cursor.uint64()))],
  [0x96, (m) => m.cursor.bytes(m.cursor.uint64()) && m.push(BYTEARRAY)],

  [code(")"), (m) => m.push(new Tuple([]))],
  [0x85, (m) => m.push(tuple(m, 1))],
  [0x86, (m) => m.push(tuple(m, 2))],
  [0x87, (m) => m.push(tuple(m, 3))],
  [code("t"), (m) => m.push(new Tuple(m.popMark()))],

  [code("]"), (m) => m.push(LIST)],
  [code("l"), (m) => makeList(m)],
  [code("a"), (m) => append([m.pop()], m)],
  [code("e"), (m) => append(m.popMark(), m)],

  [code("}"), (m) => m.push(new Dict(false))],
  [code("d"), (m) => m.push(filled(new Dict(false), m.popMark()))],
  [code("s"), (m) => addLast(m)],
  [code("u"), (m) => addAll(m)],

  [code("("), (m) => m.mark()],
  [code("0"), (m) => m.pop()],
  [code("1"), (m) => m.popMark()],
  [code("2"), (m) => duplicate(m)],

  [code("q"), (m) => m.remember(m.cursor.uint(1))],
  [code("r"), (m) => m.remember(m.cursor.uint(4))],
  [0x94, (m) => m.remember()],
  [code("h"), (m) => m.recall(m.cursor.uint(1))],
  [code("j"), (m) => m.recall(m.cursor.uint(4))],

  [code("c"), (m) => m.push(m.meaning.load(m.cursor.line(), m.cursor.line()))],
  [0x93, (m) => loadFromStack(m)],
  [code("R"), (m) => call(m)],
  [code("b"), (m) => build(m)],
  [code("Q"), (m) => m.push(m.meaning.persistent(m.pop()))],
  // Makes an object of a class that is named here. It is refused, but by that name if it is a forbidden one.
  [code("i"), (m) => {
    m.meaning.load(m.cursor.line(), m.cursor.line());
    throw new Refusal("bad_pickle", "its pickle makes an object by the opcode INST, which no checkpoint needs");
  }],
]);

function checkProtocol(protocol: number): void {
  if (protocol >= 2 && protocol <= 5) return;
  throw new Refusal("bad_pickle", `its pickle must be of protocol 2 to 5, got ${protocol}`);
}

function checkFrame(length: number, left: number): void {
  if (length <= left) return;
  throw new Refusal("bad_pickle", `a frame of the pickle must have ${length} bytes, got ${left}`);
}

function longInteger({ cursor }: Machine): bigint {
  const length = cursor.int32();
  if (length < 0) throw new Refusal("bad_pickle", `a number of the pickle must not have ${length} bytes`);
  const bytes = cursor.bytes(length);
  if (length <= MAX_INTEGER) return integer(bytes);
  throw new Refusal("too_large", `a number of the pickle must have at most ${MAX_INTEGER} bytes, got ${length}`);
}

/** Memory for a number of 8 bytes, which nearly all fit in. */
const WORD = new BigInt64Array(1);
const WORD_BYTES = new Uint8Array(WORD.buffer);

/** A whole number of any length: little-endian, two's complement. */
function integer(bytes: Uint8Array): bigint {
  const { length } = bytes;
  if (length > WORD_BYTES.length) {
    return BigInt.asIntN(8 * length, BigInt(`0x${bytes.toReversed().toHex()}`));
  }
  const isNegative = length > 0 && (bytes[length - 1] as number) >= 0x80;
  WORD_BYTES.fill(isNegative ? 0xff : 0);
  WORD_BYTES.set(bytes);
  return WORD[0] as bigint;
}

function tuple(machine: Machine, length: number): Tuple {
  const items = new Array<Value>(length);
  for (let i = length - 1; i >= 0; i--) items[i] = machine.pop();
  return new Tuple(items);
}

function makeList(machine: Machine): void {
  machine.popMark();
  machine.push(LIST);
}

/** Adds items to the list on top, which drops them. */
function append(_items: readonly Value[], machine: Machine): void {
  const target = machine.peek();
  if (target !== LIST) throw new Refusal("bad_pickle", `its pickle adds items to a list, and finds ${nameOf(target)}`);
}

function addLast(machine: Machine): void {
  const value = machine.pop();
  const key = machine.pop();
  filled(dictOnTop(machine), [key, value]);
}

function addAll(machine: Machine): void {
  const items = machine.popMark();
  filled(dictOnTop(machine), items);
}

function dictOnTop(machine: Machine): Dict {
  const target = machine.peek();
  if (target instanceof Dict) return target;
  throw new Refusal("bad_pickle", `its pickle adds entries to a dict, and finds ${nameOf(target)}`);
}

function nameOf(value: Value | undefined): string {
  return value === undefined ? "nothing" : kindOfValue(value);
}

/** Adds keys and values, which alternate. */
function filled(dict: Dict, items: readonly Value[]): Dict {
  if (items.length % 2 !== 0) throw new Refusal("bad_pickle", "the pickle gives a dict a key without a value");
  for (let i = 0; i < items.length; i += 2) {
    const key = items[i] as Value;
    if (!isKey(key)) {
      const kinds = "a string, a number, a boolean, bytes or None";
      throw new Refusal("bad_pickle", `a dict's key must be ${kinds}, got ${kindOfValue(key)}`);
    }
    if (!dict.add(key, items[i + 1] as Value)) {
      throw new Refusal("bad_pickle", `a dict of the pickle has the key ${quote(`${key}`)} twice`);
    }
  }
  return dict;
}

function isKey(value: Value): value is Key {
  return value === null || typeof value !== "object" || value instanceof Uint8Array;
}

function duplicate(machine: Machine): void {
  const value = machine.pop();
  machine.push(value);
  machine.push(value);
}

function loadFromStack(machine: Machine): void {
  const name = machine.pop();
  const module = machine.pop();
  if (typeof module !== "string" || typeof name !== "string") {
    const found = `${kindOfValue(module)} and ${kindOfValue(name)}`;
    throw new Refusal("bad_pickle", `its pickle loads a name, which must be two strings, got ${found}`);
  }
  machine.push(machine.meaning.load(module, name));
}

function call(machine: Machine): void {
  const args = machine.pop();
  const called = machine.pop();
  machine.push(machine.meaning.call({ called, args, before: machine.peek() }));
}

/** Attributes of an `OrderedDict`, the versions of a model's modules, are passed over; nothing else may have any. */
function build(machine: Machine): void {
  const state = machine.pop();
  const target = machine.peek();
  if (state instanceof Dict && target instanceof Dict && target.ordered) return;
  const found = `those of ${nameOf(target)} by ${kindOfValue(state)}`;
  throw new Refusal("bad_pickle", `its pickle may set attributes of an OrderedDict by a dict, but sets ${found}`);
}
