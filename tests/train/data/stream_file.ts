/**
 * Run by `large_file_test.ts` with little memory for JavaScript: opens the file named first, reads batches of its examples
 * until there are as many as named second, and prints what it found and how much memory it took, in MB.
 */

import { NarrowBertTokenizerFast, openDataset } from "../../../mod.ts";

const [path = "", count = "", start = ""] = Deno.args;

let peak = 0;
const look = () => peak = Math.max(peak, Deno.memoryUsage().rss / 1e6);
const seconds = (since: number) => (performance.now() - since) / 1000;

const tokenizer = await NarrowBertTokenizerFast.from_pretrained(start);
look();
const before = peak;
let begun = performance.now();
const data = await openDataset(path, { task: "classify", onProgress: look });
const scan = { seconds: seconds(begun), peak };
begun = performance.now();
let examples = 0;
let tokens = 0;
for await (const batch of data.training({ tokenizer, per_device_train_batch_size: 128 }).batches()) {
  look();
  examples += batch.examples.length;
  tokens += batch.tokens;
  if (examples >= Number(count)) break;
}
console.log(
  JSON.stringify({ length: data.length, before, scan, examples, tokens, seconds: seconds(begun), peak }),
);
