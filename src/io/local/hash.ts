/** Hashes of bytes that come in parts. */

/** How a hash is computed. */
type Algorithm = "sha256" | "sha1";

/** A hash that is being computed. */
export interface Hash {
  /** Adds bytes. */
  update(bytes: Uint8Array): void;
  /** The hash of all bytes so far, in lower-case hexadecimal digits. Nothing can be added afterwards. */
  digest(encoding: "hex"): string;
}

/**
 * Begins a hash: by SHA-256, or by SHA-1, which is git's.
 *
 * WebCrypto takes all bytes at once, and checkpoints do not fit into memory. The runtime's own hash takes parts, 1.2 GB of
 * them a second. It is asked for by name when it is used: a bundle for browsers must import no `node:crypto`.
 */
export function beginHash(algorithm: Algorithm = "sha256"): Hash {
  const { process } = globalThis as unknown as { process: { getBuiltinModule(name: "crypto"): NodeCrypto } };
  return process.getBuiltinModule("crypto").createHash(algorithm);
}

/** The part of Node's crypto that is used. */
interface NodeCrypto {
  createHash(algorithm: Algorithm): Hash;
}
