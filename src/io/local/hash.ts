/** SHA-256 of bytes that come in parts. */

/** A hash that is being computed. */
export interface Hash {
  /** Adds bytes. */
  update(bytes: Uint8Array): void;
  /** The hash of all bytes so far, in lower-case hexadecimal digits. Nothing can be added afterwards. */
  digest(encoding: "hex"): string;
}

/**
 * Begins a hash by SHA-256.
 *
 * WebCrypto takes all bytes at once, and checkpoints do not fit into memory. The runtime's own hash takes parts, 1.2 GB of
 * them a second. It is asked for by name when it is used: a bundle for browsers must import no `node:crypto`.
 */
export function beginHash(): Hash {
  const { process } = globalThis as unknown as { process: { getBuiltinModule(name: "crypto"): NodeCrypto } };
  return process.getBuiltinModule("crypto").createHash("sha256");
}

/** The part of Node's crypto that is used. */
interface NodeCrypto {
  createHash(algorithm: "sha256"): Hash;
}
