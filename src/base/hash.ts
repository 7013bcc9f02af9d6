/** SHA-256 of bytes that come in parts. */

import type { Hash } from "node:crypto";

/** Begins a hash by SHA-256. Node's crypto is loaded when it is used: loading it takes 20 ms, and touches the runtime. */
export async function beginHash(): Promise<Hash> {
  return (await import("node:crypto")).createHash("sha256");
}
