/** Golden files that are packed, and numbers in them. */

import { Buffer } from "node:buffer";
import { gunzipSync } from "node:zlib";

/** The value of a packed JSON file; the caller says what it is. */
export function readPacked<T>(file: URL): T {
  return JSON.parse(new TextDecoder().decode(gunzipSync(Deno.readFileSync(file))));
}

/** Bytes as they are stored. */
export function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.from(base64, "base64"));
}

/** Floats as they are stored. */
export function floatsOf(base64: string): Float32Array {
  return new Float32Array(bytesOf(base64).buffer);
}
