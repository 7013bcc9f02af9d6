/** Safetensors files for tests, made without the code under test, so that they can be wrong in any way. */

/** A file of these parts. The header's length is what it is, unless another one is claimed. */
export function buildFile(
  { header, data = new Uint8Array(), claimedLength }: {
    header: string | Uint8Array;
    data?: Uint8Array;
    claimedLength?: bigint;
  },
): Uint8Array {
  const text = typeof header === "string" ? new TextEncoder().encode(header) : header;
  const file = new Uint8Array(8 + text.byteLength + data.byteLength);
  new DataView(file.buffer).setBigUint64(0, claimedLength ?? BigInt(text.byteLength), true);
  file.set(text, 8);
  file.set(data, 8 + text.byteLength);
  return file;
}

/** A file of 32-bit floats, each tensor one-dimensional, in this order. */
export function buildFloats(tensors: Record<string, number[]>): Uint8Array {
  const entries: Record<string, unknown> = {};
  let position = 0;
  for (const [name, values] of Object.entries(tensors)) {
    const end = position + 4 * values.length;
    entries[name] = { dtype: "F32", shape: [values.length], data_offsets: [position, end] };
    position = end;
  }
  const header = JSON.stringify(entries);
  const data = new Uint8Array(new Float32Array(Object.values(tensors).flat()).buffer);
  return buildFile({ header: header.padEnd(8 * Math.ceil(header.length / 8)), data });
}
