/** `narrowbert bench`: how many texts a second this machine classifies. */

import { requestGpu } from "../../gpu/device.ts";
import { pipeline } from "../../pipelines/pipeline.ts";
import { defineCommand } from "../command.ts";
import { loadingOf, MODEL, MODEL_OPTIONS } from "../models.ts";
import { count, flag, value } from "../options.ts";
import { json, table } from "../outputs/table.ts";

/** Texts of the length of a definition. */
const TEXTS = [
  "a large animal with a long trunk",
  "move quickly on foot",
  "the feeling of being alone",
  "a can for holding soft drinks",
  "a small brown bird that eats seeds",
  "the act of giving something away without being asked to",
  "cause to become wet",
  "a person who makes or repairs shoes",
];

/** The command. */
export const bench = defineCommand({
  name: "bench",
  about: `\
Measures how many short texts a second a classifier labels here, one call at a time and as a stream,
after a first call that compiles its shaders. \`deno task bench\` measures more, in the repository.
As JSON: { adapter, texts, single, stream }, the last two in texts a second.`,
  options: {
    ...MODEL_OPTIONS,
    model: value(MODEL, "a NarrowBertForSequenceClassification; by default the shipped one"),
    texts: count("how many texts to stream (1000)"),
    json: flag("print JSON"),
  },
  computes: true,
  examples: ["narrowbert bench", "narrowbert bench --texts 5000 --json"],
  async run({ values }, terminal) {
    const { signal } = terminal;
    const { texts = 1000 } = values;
    const { name: adapter } = await requestGpu();
    using classify = await pipeline("text-classification", values.model, loadingOf(values, terminal));
    const stream = async () => {
      const source = Array.from({ length: texts }, (_, i) => TEXTS[i % TEXTS.length]!);
      for await (const _ of classify.stream(source, { signal }));
    };
    const singles = Math.min(texts, 32);
    const single = async () => {
      for (let i = 0; i < singles; i++) await classify(TEXTS[i % TEXTS.length]!, { signal });
    };
    const rates = { single: await rate(singles, single), stream: await rate(texts, stream) };
    const shown = (rate: number) => `${rate.toFixed(0)} texts a second`;
    await terminal.write(
      values.json ? json({ adapter, texts, ...rates }) : table([
        ["adapter", adapter],
        ["one call at a time", shown(rates.single)],
        [`a stream of ${texts}`, `${shown(rates.stream)}, ${(rates.stream / rates.single).toFixed(1)} times as many`],
      ]),
    );
  },
});

/** How many of `texts` a second `run` gets through, in its second run: the first one compiles and allocates. */
async function rate(texts: number, run: () => Promise<void>): Promise<number> {
  await run();
  const start = performance.now();
  await run();
  return texts / ((performance.now() - start) / 1000);
}
