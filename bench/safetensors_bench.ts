/**
 * Reading the header of a safetensors file, which checks it strictly, beside `JSON.parse` of the same text, which checks
 * nothing: the reader may take three times as long. A model of the usual size, and one with tens of thousands of tensors.
 */

import { parseSafetensors } from "../src/io/safetensors/safetensors.ts";

const WEIGHTS = [
  "attention.self.query.weight",
  "attention.self.query.bias",
  "attention.self.key.weight",
  "attention.self.key.bias",
  "attention.self.value.weight",
  "attention.self.value.bias",
  "attention.output.dense.weight",
  "attention.output.dense.bias",
];

/** A file with the names of `layers` layers' attention; the tensors are small, as only the header matters. */
function modelFile(layers: number): { file: Uint8Array; header: Uint8Array } {
  const entries: string[] = [];
  let position = 0;
  for (let layer = 0; layer < layers; layer++) {
    for (const name of WEIGHTS) {
      const offsets = [position, position += 2];
      const entry = { dtype: "F16", shape: [1, 1], data_offsets: offsets };
      entries.push(`"narrow_bert.encoder.layer.${layer}.${name}":${JSON.stringify(entry)}`);
    }
  }
  const header = new TextEncoder().encode(`{${entries.join(",")}}`);
  const file = new Uint8Array(8 + header.byteLength + position);
  new DataView(file.buffer).setBigUint64(0, BigInt(header.byteLength), true);
  file.set(header, 8);
  return { file, header };
}

for (const layers of [25, 5000]) {
  const { file, header } = modelFile(layers);
  const group = `header of ${layers * WEIGHTS.length} tensors, ${Math.round(header.byteLength / 1000)} kB`;
  Deno.bench({ name: `JSON.parse, ${layers} layers`, group, baseline: true }, () => {
    JSON.parse(new TextDecoder().decode(header));
  });
  Deno.bench({ name: `parseSafetensors, ${layers} layers`, group }, () => {
    parseSafetensors(file);
  });
}
