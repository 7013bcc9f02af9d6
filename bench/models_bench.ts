/**
 * Narrow models against the same networks with every layer full, by turns: the shipped models through their pipelines,
 * with tokenising, and `bert256` over lengths and over rows.
 */

import {
  NarrowBertForMaskedLM,
  NarrowBertForSequenceClassification,
  NarrowBertModel,
  NarrowBertTokenizerFast,
  pipeline,
} from "../mod.ts";
import { createFillMask } from "../src/pipelines/tasks/fill_mask.ts";
import { createTextClassification } from "../src/pipelines/tasks/text_classification.ts";
import { bert256, narrowMask, SEED, tokens } from "./bert256.ts";
import { benchRace, benchRounds } from "./interleaved.ts";
import { curves, note, report, statistics } from "./report.ts";

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

report(() => [note(
  "A call for a single short text is mostly Deno's wait for the GPU, about 11 ms however little there is to do, so " +
    "narrow layers gain nothing there.",
)]);
for (const count of [1, 64]) {
  const some = texts.slice(0, count);
  const someMasked = masked.slice(0, count);
  benchRace({ name: `classify ${count} texts`, baseline: "full" }, {
    full: () => fullClassify(some),
    narrow: () => classify(some),
  });
  benchRace({ name: `fill the masks of ${count} texts`, baseline: "full" }, {
    full: () => fullFill(someMasked),
    narrow: () => fill(someMasked),
  });
}

const SEQUENCES = 4;
const LONGEST = 128;

const options = { seed: SEED, add_pooling_layer: false };
const full = await NarrowBertModel.from_config(bert256(12), options);
const narrow = await NarrowBertModel.from_config(bert256(2), options);

sweep("tokens of a sequence", "one row", [16, 32, 64, LONGEST].map((length) => ({ at: length, length, rows: 1 })));
const shares = [1, 6, 19, 64, LONGEST];
sweep("rows of a sequence", `${LONGEST} tokens`, shares.map((rows) => ({ at: rows, length: LONGEST, rows })));

/** Registers a race at each place, and reports all as curves. */
function sweep(x: string, rest: string, places: readonly { at: number; length: number; rows: number }[]): void {
  const samples = places.map(({ at, length, rows }) => {
    const inputs = {
      input_ids: tokens(SEQUENCES, length, full.config),
      narrow_mask: narrowMask(SEQUENCES, length, rows),
    };
    return benchRounds({ name: `${at} ${x}, ${rest}`, group: `bert256 2:10 and 12 full layers by turns, over ${x}` }, {
      full: () => full.forward(inputs),
      narrow: () => narrow.forward(inputs),
    });
  });
  report(() => {
    const best = (run: string) => samples.map((of) => statistics(of.get(run) ?? []).minimum);
    const [slow, fast] = [best("full"), best("narrow")];
    if (slow.some(Number.isNaN)) return []; // left out by a filter
    const at = places.map((place) => place.at);
    const name = `bert256, ${SEQUENCES} sequences, ${rest}`;
    const ratio = slow.map((ms, i) => ms / (fast[i] as number));
    return [
      curves({ name, x, at, unit: "ms", series: { "12 full layers": slow, "2:10": fast } }),
      curves({ name, x, at, unit: "times as fast", series: { "2:10": ratio } }),
    ];
  });
}
