/** Reads a pickle by an allow-list of opcodes. Nothing is executed: a name or a call means what `Meaning` says. */

import { Refusal } from "../refusal.ts";
import { Cursor } from "./cursor.ts";
import { Machine, type Meaning } from "./machine.ts";
import { OPCODES, PROTO, STOP } from "./opcodes.ts";
import type { Value } from "./values.ts";

/**
 * The value of a pickle.
 *
 * @throws {Refusal} If it is damaged, has an opcode that is not allowed, or means something that is not.
 */
export function unpickle(bytes: Uint8Array, meaning: Meaning): Value {
  if (bytes[0] !== PROTO) throw new Refusal("bad_pickle", "its pickle must begin with the number of its protocol");
  const cursor = new Cursor(bytes);
  const machine = new Machine(cursor, meaning);
  while (true) {
    const at = cursor.at;
    const opcode = cursor.uint(1);
    if (opcode === STOP) break;
    const action = OPCODES.get(opcode);
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
