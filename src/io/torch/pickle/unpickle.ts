/** Reads a pickle by an allow-list of opcodes. Nothing is executed: a name or a call means what `Meaning` says. */

import { Refusal } from "../refusal.ts";
import { Cursor } from "./cursor.ts";
import { Machine, type Meaning } from "./machine.ts";
import { OPCODES, PROTO, STOP } from "./opcodes.ts";
import type { Value } from "./values.ts";

/**
 * Most opcodes of a pickle, so that a second or two and some hundred MB are enough for any. That of a model with ten
 * thousand tensors has half a million.
 */
const MAX_OPCODES = 2 ** 21;

/** What each byte does as an opcode. */
const ACTIONS = Array.from({ length: 256 }, (_, opcode) => OPCODES.get(opcode));

/**
 * The value of a pickle.
 *
 * @throws {Refusal} If it is damaged, has an opcode that is not allowed, or means something that is not.
 */
export function unpickle(bytes: Uint8Array, meaning: Meaning): Value {
  if (bytes[0] !== PROTO) throw new Refusal("bad_pickle", "its pickle must begin with the number of its protocol");
  const cursor = new Cursor(bytes);
  const machine = new Machine(cursor, meaning);
  for (let count = 0;; count++) {
    if (count > MAX_OPCODES) {
      throw new Refusal("too_large", `its pickle must have at most ${MAX_OPCODES} opcodes`);
    }
    const at = cursor.at;
    const opcode = cursor.uint(1);
    if (opcode === STOP) break;
    const action = ACTIONS[opcode];
    if (action === undefined) {
      const hex = opcode.toString(16).padStart(2, "0");
      throw new Refusal("bad_pickle", `its pickle has an opcode that no checkpoint needs, 0x${hex} at byte ${at}`);
    }
    action(machine);
  }
  if (cursor.left > 0) {
    throw new Refusal("bad_pickle", `its pickle must end with its last opcode, and goes on for ${cursor.left} bytes`);
  }
  if (machine.height !== 1 || machine.marks !== 0) {
    throw new Refusal(
      "bad_pickle",
      `its pickle must leave one value, got ${machine.height} and ${machine.marks} marks`,
    );
  }
  return machine.pop();
}
