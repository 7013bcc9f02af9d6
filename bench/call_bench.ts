/**
 * JavaScript's time in a warm call: from the call to the return of its first submission, after which it waits for the
 * GPU. The encoding and the submission themselves, which are WebGPU's own, count too. The model is so small that the GPU
 * is done between calls. A call is one submission, but for the largest shape, which may be cut in two. The time depends
 * on layers and tokens, and on software adapters on whether the width is a multiple of 64, as here, so that products of
 * many rows are read from textures.
 */

import { NarrowBertConfig, NarrowBertForSequenceClassification } from "../mod.ts";
import { countOf, gpuCallsOf } from "../tests/properties/gpu_calls.ts";
import { SEED, tokens } from "./bert256.ts";
import { curves, figures, report, statistics } from "./report.ts";

const SHAPES = [[1, 8], [1, 128], [4, 64], [8, 64], [8, 128]] as const;
const LAYERS = 12;
const CALLS = 100;

/** Milliseconds at most, whatever the shape, and microseconds of a dispatch. */
const MOST = { call: 3, dispatch: 20 };

/** Of the shapes, by medians. */
const WORST = "the worst shape";

/** Told after each submission. */
let submitted = () => {};
const { submit } = GPUQueue.prototype;
GPUQueue.prototype.submit = function (...args) {
  submit.apply(this, args);
  submitted();
};

for (const full of [LAYERS, 2]) {
  const config = new NarrowBertConfig({
    num_hidden_layers: LAYERS,
    full_length_layers: full,
    hidden_size: 64,
    num_attention_heads: 4,
    intermediate_size: 128,
    vocab_size: 4000,
  });
  const model = await NarrowBertForSequenceClassification.from_config(config, { seed: SEED });
  const name = full === LAYERS ? `${LAYERS} full layers` : `${full} full layers and ${LAYERS - full} narrow ones`;
  const places: { milliseconds: number[]; dispatches: number }[] = [];
  for (const [sequences, length] of SHAPES) {
    const inputs = { input_ids: tokens(sequences, length, config) };
    await model.forward(inputs);
    const place = {
      milliseconds: [] as number[],
      dispatches: countOf(await gpuCallsOf(() => model.forward(inputs)), "dispatchWorkgroups"),
    };
    places.push(place);
    const options = { name: `${name}, ${sequences} x ${length}`, group: "JavaScript of a warm call" };
    Deno.bench({ ...options, warmup: 10, n: CALLS }, async (bench) => {
      const start = performance.now();
      let took = 0;
      submitted = () => {
        took = performance.now() - start;
        bench.end();
        submitted = () => {};
      };
      bench.start();
      await model.forward(inputs);
      place.milliseconds.push(took);
    });
  }
  const title = `JavaScript of a warm call, ${name}`;
  report(() => {
    if (places.some(({ milliseconds }) => milliseconds.length === 0)) return []; // left out by a filter
    const times = places.map(({ milliseconds, dispatches }) => ({ dispatches, ...statistics(milliseconds) }));
    const largest = (of: (at: typeof times[number]) => number) => Math.max(...times.map(of));
    const series = { minimum: times.map(({ minimum }) => minimum), median: times.map(({ median }) => median) };
    const at = SHAPES.map(([sequences, length]) => sequences * length);
    const worst = (unit: string, value: number, most: number) =>
      figures({ name: title, unit, values: { [WORST]: value }, most: { [WORST]: most } });
    return [
      curves({ name: title, x: "tokens", at, unit: "ms", series }),
      worst("ms a call", largest(({ median }) => median), MOST.call),
      worst("us a dispatch", largest(({ median, dispatches }) => 1000 * median / dispatches), MOST.dispatch),
      figures({ name: title, unit: "dispatches", values: { "a call": times[0]?.dispatches ?? 0 } }),
    ];
  });
}
