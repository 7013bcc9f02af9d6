/**
 * The crossover of the two forms of narrow attention: narrow layers alone, with 1 to all rows of each sequence. At each
 * place the forms must agree, then they take turns. Reported are both curves, the planner's choice at each place, and how
 * much longer that takes than the better form; it should be at most 10% at 8 places or more.
 */

import assert from "node:assert/strict";
import { NarrowBertModel, type NarrowBertModelOutput } from "../mod.ts";
import { type NarrowWork, planNarrowForm } from "../src/model/narrow_planner.ts";
import { bert256, difference, LENGTH, narrowMask, SEED, tokens } from "./bert256.ts";
import { benchRounds } from "./interleaved.ts";
import { curves, figures, report, statistics } from "./report.ts";

const ROWS = [1, 2, 4, 8, 16, 24, 32, 48, 64, 80, 104, 128];
const FORMS = ["absorbed", "projected"] as const;
const SEQUENCES = 4;

/** The planner may take this much longer than the better form. */
const SLACK = 1.1;
const PLACES = 8;

const config = bert256(0, { layers: 4 });
const { hidden_size: width, num_attention_heads: heads, headSize } = config;
const model = await NarrowBertModel.from_config(config, { seed: SEED, add_pooling_layer: false });
const input_ids = tokens(SEQUENCES, LENGTH, config);

const places: { choice: typeof FORMS[number]; samples: Map<string, number[]> }[] = [];
for (const rows of ROWS) {
  const inputs = { input_ids, narrow_mask: narrowMask(SEQUENCES, LENGTH, rows) };
  const [absorbed, projected] = await Promise.all(FORMS.map((narrow) => model.forward(inputs, { narrow })));
  const error = difference(dataOf(absorbed), dataOf(projected));
  assert.ok(error <= 1e-5, `${rows} rows: absorbed and projected differ by ${error}`);
  const runs = Object.fromEntries(FORMS.map((narrow) => [narrow, () => model.forward(inputs, { narrow })]));
  places.push({
    choice: planNarrowForm(workOf(rows), { withKeys: false }),
    samples: benchRounds({ name: `${rows} rows of ${LENGTH}`, group: "absorbed and projected in turn" }, runs),
  });
}

report(() => {
  if (places.some(({ samples }) => samples.get("absorbed")?.length === 0)) return []; // left out by a filter
  const best = places.map(({ samples }) => {
    const minimum = (form: string) => statistics(samples.get(form) ?? []).minimum;
    return { absorbed: minimum("absorbed"), projected: minimum("projected") };
  });
  const planned = best.map((times, i) => times[places[i]?.choice as typeof FORMS[number]]);
  const excess = best.map((times, i) => (planned[i] as number) / Math.min(times.absorbed, times.projected));
  const beyond = `beyond ${SLACK} times the better form`;
  const over = { x: "rows a sequence", at: ROWS };
  return [
    curves({
      name: `narrow layers of width ${width}, ${SEQUENCES} x ${LENGTH}`,
      ...over,
      unit: "ms",
      series: {
        absorbed: best.map((times) => times.absorbed),
        projected: best.map((times) => times.projected),
        planned,
      },
    }),
    curves({ name: "the planner's choice", ...over, unit: "times the better form", series: { planned: excess } }),
    figures({
      name: `the planner's choice, of ${ROWS.length} places`,
      unit: "places",
      values: { [beyond]: excess.filter((times) => times > SLACK).length },
      most: { [beyond]: ROWS.length - PLACES },
    }),
  ];
});

function workOf(rows: number): NarrowWork {
  const all = SEQUENCES * rows;
  return { rows: all, tokens: SEQUENCES * LENGTH, rowKeys: all * LENGTH, width, heads, headSize };
}

function dataOf(output: NarrowBertModelOutput | undefined): Float32Array {
  return output?.last_hidden_state.data as Float32Array;
}
