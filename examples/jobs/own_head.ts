/** A head of one's own: logistic regression on the first token's state: `deno run --allow-read examples/jobs/own_head.ts` */

import { pipeline, readRecords } from "../../mod.ts";

using embed = await pipeline("feature-extraction");
async function read(name: string) {
  const rows = await Array.fromAsync(readRecords(new URL(`../topics/${name}`, import.meta.url)));
  const states = await embed(rows.map(({ fields }) => `${fields.text}`), { pooling: "cls" }); // one narrow row a text
  return rows.map(({ fields }, i) => ({ x: states[i]!.data, y: fields.label === "person" ? 1 : 0 }));
}
const [train, test] = [await read("train.csv"), await read("test.csv")];

const w = new Float64Array(129); // weights, and the bias at the end
const p = (x: Float32Array) => 1 / (1 + Math.exp(-x.reduce((sum, v, i) => sum + v * w[i]!, w[128]!)));
for (let epoch = 0; epoch < 200; epoch++) {
  for (const { x, y } of train) {
    const step = 0.01 * (y - p(x));
    [...x, 1].forEach((v, i) => w[i]! += step * v);
  }
}
const right = (rows: typeof test) => rows.filter(({ x, y }) => (p(x) > 0.5 ? 1 : 0) === y).length / rows.length;
console.log(
  `persons told from others: ${right(train).toFixed(3)} of what was learned, ${right(test).toFixed(3)} of the rest`,
);
