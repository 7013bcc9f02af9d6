/** The current version of each storage while a graph is traced. An update in place writes over the version before. */

import type { Node, Storage, Value } from "./value.ts";

/** Follows the storages of one graph. */
export class Versions {
  readonly #current = new Map<Storage, Value>();
  /** Values that are read when the program has finished, and by what. */
  readonly #kept = new Map<Value, string>();

  /** Adds a value of a new storage. */
  add(value: Value): void {
    this.#current.set(value.storage, value);
  }

  /** The newest version in a storage of this graph. */
  current(storage: Storage): Value {
    return this.#current.get(storage) as Value;
  }

  /**
   * Checks that a value may be read now.
   *
   * @param reader Who reads it, for the message.
   * @throws {Error} If it is of another graph, or was written over.
   */
  read(reader: string, { path, storage, version }: Value): void {
    const current = this.#current.get(storage);
    if (current === undefined) throw new Error(`Cannot trace ${reader}: "${path}" is a value of another graph`);
    if (current.version === version) return;
    throw new Error(
      `Cannot trace ${reader}: it reads version ${version} of "${path}", which "${current.node?.label}" wrote over; ` +
        `read version ${current.version}, or read before the update`,
    );
  }

  /** Remembers that a value is read when the program has finished, so that it must not be updated. */
  keep(value: Value, reader: string): void {
    this.#kept.set(value, reader);
  }

  /**
   * The next version of a value that `node` updates.
   *
   * @throws {Error} If it is of another graph, was written over, is still read, or is read by the same node.
   * @throws {TypeError} If it is an input, which no kernel may write to.
   */
  update(node: Node, value: Value): Value {
    const { label } = node;
    const { path, storage, version } = value;
    this.read(label, value);
    if (storage.kind === "upload") {
      throw new TypeError(
        `Cannot trace ${label}: "${path}" must be a parameter, a resident or the result of a kernel to be updated, ` +
          "got an input",
      );
    }
    const reader = this.#kept.get(value);
    if (reader !== undefined) {
      throw new Error(
        `Cannot trace ${label}: an update of a value that is still read: ${reader} is version ${version} of "${path}"; ` +
          "update a copy, or name the updated value as the output",
      );
    }
    if (Object.values(node.bindings).some((bound) => bound.storage === storage)) {
      throw new Error(`Cannot trace ${label}: an update of a value that is still read: the call reads "${path}" too`);
    }
    const next: Value = { ...value, version: version + 1, node };
    this.#current.set(storage, next);
    return next;
  }
}
