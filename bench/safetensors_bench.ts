import { parseSafetensors } from "../src/io/safetensors.ts";
function sample(layers: number): Uint8Array {
  const names = ["attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense"];
  let at = 0;
  const entries: string[] = [];
  for (let l = 0; l < layers; l++) for (const n of names) {
    entries.push(`"narrow_bert.encoder.layer.${l}.${n}.weight":{"dtype":"U8","shape":[2,1],"data_offsets":[${at},${at += 2}]}`);
    entries.push(`"narrow_bert.encoder.layer.${l}.${n}.bias":{"dtype":"U8","shape":[1],"data_offsets":[${at},${at += 1}]}`);
  }
  const header = new TextEncoder().encode(`{${entries.join(",")}}`);
  const bytes = new Uint8Array(8 + header.length + at);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(header.length), true);
  bytes.set(header, 8);
  return bytes;
}
for (const n of [25, 10000]) {
const bytes = sample(n);
const headerBytes = bytes.subarray(8, 8+Number(new DataView(bytes.buffer).getBigUint64(0, true)));
Deno.bench(`JSON.parse ${n}`, {group: `${n}`, baseline: true}, () => { JSON.parse(new TextDecoder().decode(headerBytes)); });
Deno.bench(`parseSafetensors ${n}`, {group: `${n}`}, () => { parseSafetensors(bytes); });
}
