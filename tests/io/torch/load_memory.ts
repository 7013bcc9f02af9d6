/**
 * Run by `memory_test.ts` in a process of its own: loads the masked language model of a folder, and prints the most memory
 * that this took, in MB, and how many ms.
 */

import { NarrowBertForMaskedLM } from "../../../mod.ts";
import { peakBytes } from "./memory_peak.ts";

const [folder = ""] = Deno.args;
const start = performance.now();
using model = await NarrowBertForMaskedLM.from_pretrained(folder);
const milliseconds = performance.now() - start;
const peak = peakBytes() / 1e6;
const { logits } = await model.forward({ input_ids: [[0, 1]], narrow_mask: [[1, 0]] });
console.log(JSON.stringify({ peak, milliseconds, logits: [...logits.data.slice(0, 5)] }));
