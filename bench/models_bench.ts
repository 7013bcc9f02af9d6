/**
 * Texts per second of the shipped models through their pipelines, narrow against the same network with every layer full.
 * A sample is one call: tokenising, one submit, one read.
 */

import {
  NarrowBertForMaskedLM,
  NarrowBertForSequenceClassification,
  NarrowBertTokenizerFast,
  pipeline,
} from "../mod.ts";
import { createFillMask } from "../src/pipelines/fill_mask.ts";
import { createTextClassification } from "../src/pipelines/text_classification.ts";
import { benchRate } from "./report.ts";

const MODELS = new URL("../examples/models/wordnet/", import.meta.url);
const texts: string[] = (await Deno.readTextFile(new URL("texts.txt", import.meta.url))).trim().split("\n");
const masked = texts.map((text) => text.replace(/\S+(?=\s*$)/, "[MASK]"));

const classify = await pipeline("text-classification");
const fill = await pipeline("fill-mask");

/** The shipped model's network with all layers full; random weights, as speed does not depend on them. */
const fullClassify = createTextClassification({
  model: await NarrowBertForSequenceClassification.from_config(
    classify.model.config.with({ full_length_layers: classify.model.config.num_hidden_layers }),
  ),
  tokenizer: await NarrowBertTokenizerFast.from_pretrained(new URL("topic/", MODELS)),
});
const fullFill = createFillMask({
  model: await NarrowBertForMaskedLM.from_config(
    fill.model.config.with({ full_length_layers: fill.model.config.num_hidden_layers }),
  ),
  tokenizer: await NarrowBertTokenizerFast.from_pretrained(new URL("mlm/", MODELS)),
});

for (const count of [1, 64]) {
  const some = texts.slice(0, count);
  const someMasked = masked.slice(0, count);
  const options = { unit: "texts/s", perSample: count };
  benchRate({ name: "full", group: `classify ${count}`, baseline: true, ...options }, () => fullClassify(some));
  benchRate({ name: "narrow", group: `classify ${count}`, ...options }, () => classify(some));
  benchRate({ name: "full", group: `fill-mask ${count}`, baseline: true, ...options }, () => fullFill(someMasked));
  benchRate({ name: "narrow", group: `fill-mask ${count}`, ...options }, () => fill(someMasked));
}
