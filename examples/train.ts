/** Teaches the shipped model labels of one's own: `deno run --allow-read examples/train.ts` */

import { AdamW, NarrowBertForSequenceClassification, NarrowBertTokenizerFast, pipeline, scheduleOf } from "../mod.ts";

const TEXTS = {
  animal: [
    "a small brown dog that barks",
    "the cat sleeps on the roof",
    "a horse with a white mane",
    "birds that fly south in winter",
    "a fish with silver scales",
    "a wild wolf of the forest",
  ],
  food: [
    "bread that is baked with cheese",
    "a soup of beans and onions",
    "sweet cake with cream",
    "rice that is boiled with spices",
    "a salad of fresh tomatoes",
    "meat that is roasted over a fire",
  ],
  tool: [
    "a hammer for driving nails",
    "a saw with sharp teeth for cutting wood",
    "an instrument that measures length",
    "a machine that drills holes",
    "a blade fixed to a wooden handle",
    "a device for tightening screws",
  ],
};
const STEPS = 60;

const labels = Object.keys(TEXTS);
const texts = Object.values(TEXTS).flat();
const answers = Object.values(TEXTS).flatMap((some, label) => some.map(() => label));

// The body of a masked language model, with a new classifier on it.
const folder = new URL("models/wordnet/mlm/", import.meta.url);
const tokenizer = await NarrowBertTokenizerFast.from_pretrained(folder);
using model = await NarrowBertForSequenceClassification.from_pretrained(folder, {
  config: { id2label: { ...labels } },
  new_head: true,
});

// Each step is one program on the GPU: forward, backward, and the update of all weights.
using optimizer = new AdamW(model, { lr: 1e-3 });
const rate = scheduleOf("linear", { warmup_steps: 6, total_steps: STEPS });
const { input_ids, attention_mask } = tokenizer.batch_encode_plus(texts, { padding: true });
for (let step = 0; step < STEPS; step++) {
  optimizer.lr = 1e-3 * rate(step);
  const { loss } = await optimizer.step({ input_ids, attention_mask, labels: answers });
  if (step % 10 === 0) console.log(`step ${step}: loss ${loss.toFixed(3)}`);
}

// await model.save_pretrained("my-model") and await tokenizer.save_pretrained("my-model") keep it for later.
using classify = await pipeline("text-classification", { model, tokenizer });
for (const text of ["a large striped cat of the jungle", "a pie filled with apples", "a wrench for turning bolts"]) {
  const [{ label, score }] = await classify(text) as [{ label: string; score: number }];
  console.log(`${label} (${score.toFixed(2)}): ${text}`);
}
