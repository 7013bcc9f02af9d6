/**
 * A vocabulary of multilingual BERT's size on a device that binds 128 MiB, which is less than its word embeddings take:
 * loading, words at masks, a gradient against the float64 model, and a step. With `--long` (`deno task test:long`) they
 * are as wide as multilingual BERT's, 350 MiB; and what all that took is printed.
 */

import assert from "node:assert/strict";
import { AdamW, NarrowBertConfig, NarrowBertForMaskedLM } from "../../mod.ts";
import { requestGpu } from "../../src/gpu/device.ts";
import { coreOf } from "../../src/heads/pretrained.ts";
import { ownDevice } from "../gpu/own_device.ts";
import { lossOf } from "../reference/model/loss.ts";

const LONG = Deno.args.includes("--long");

/** Words, and their width: at 288 they take 131 MiB. */
const [VOCABULARY, WIDTH] = [119_547, LONG ? 768 : 288];

const WORDS = "narrow_bert.embeddings.word_embeddings.weight";

const CONFIG = new NarrowBertConfig({
  vocab_size: VOCABULARY,
  hidden_size: WIDTH,
  num_hidden_layers: 2,
  full_length_layers: 1,
  num_attention_heads: 12,
  intermediate_size: 64,
  max_position_embeddings: 16,
  initializer_range: 0.05,
});

/** Words at the ends of the table and of its slices, and others. */
const IDS = [0, 39_851, 39_852, 59_775, 59_776, 79_703, 79_704, VOCABULARY - 1, 101, 77_777];

const tell = (what: string) => LONG && console.log(what);

async function timed<T>(what: string, work: () => Promise<T>): Promise<T> {
  const start = performance.now();
  const result = await work();
  tell(`${what}: ${Math.round(performance.now() - start)} ms`);
  return result;
}

Deno.test(`${VOCABULARY} words of ${WIDTH} columns are embedded, predicted and learned on a device of 128 MiB`, async () => {
  const device = await ownDevice();
  const gpu = await requestGpu({ device });
  const from = () => NarrowBertForMaskedLM.from_config(CONFIG, { seed: 3, device });
  using model = await timed("random weights", from);
  const { parameters } = await coreOf(model).use((runner) => Promise.resolve(runner));
  const slices = parameters.filter(({ label }) => label.startsWith(WORDS));
  assert.equal(slices.length, LONG ? 3 : 2);
  assert.ok(slices.every(({ bytes }) => bytes <= 2 ** 27));

  const labels = IDS.map((id, l) => l % 4 === 1 ? (id * 7 + 59_775) % VOCABULARY : -100);
  const narrow_mask = [labels.map((label) => Number(label >= 0))];
  const call = { input_ids: [IDS], narrow_mask };
  const { logits } = await timed("first logits", () => model.forward(call));
  const { indices } = await timed("top words", () => model.top_k(call, 3));
  for (const [row, best] of (indices.tolist() as number[][][])[0]!.entries()) {
    const scores = logits.data.subarray(row * VOCABULARY, (row + 1) * VOCABULARY) as Float32Array;
    const ranked = Array.from(scores.keys()).sort((a, b) => scores[b]! - scores[a]! || a - b);
    assert.deepEqual(best, ranked.slice(0, 3));
  }

  const batch = { input_ids: [IDS], labels: [labels] };
  const { loss, gradients } = await timed("gradients", () => model.gradients(batch));
  const weights = new Map([...await model.state_dict()].map(([name, { dims, data }]) => {
    return [name, { shape: dims, data: Float64Array.from(data, Number) }];
  }));
  const zeros = [IDS.map(() => 0)];
  const inputs = { input_ids: [IDS], attention_mask: [IDS.map(() => 1)], token_type_ids: zeros };
  const plain = { ...inputs, position_ids: [IDS.map((_, l) => l)] };
  const expected = () => lossOf({ config: CONFIG, weights }, { task: "masked_lm", inputs: plain, labels: [labels] });
  const wanted = expected();
  assert.ok(Math.abs(Number(loss.item()) - wanted) <= 1e-5 * wanted, `the loss must be ${wanted}, got ${loss.item()}`);
  // Along rows of words: of one that is embedded, of one that is a label, and of one that is neither.
  const table = weights.get(WORDS)!.data;
  const found = gradients.get(WORDS)!.data;
  for (const word of [IDS[6]!, labels[5]!, 100_000]) {
    const moved = (step: number) => {
      for (let c = 0; c < WIDTH; c++) table[word * WIDTH + c]! += step;
    };
    const step = 1e-4;
    moved(step);
    let difference = expected();
    moved(-2 * step);
    difference -= expected();
    moved(step);
    const row = Array.from(found.subarray(word * WIDTH, (word + 1) * WIDTH), Number);
    const along = row.reduce((sum, value) => sum + value, 0);
    const length = Math.hypot(...row);
    const error = Math.abs(along - difference / (2 * step));
    const bound = 1e-5 * length * Math.sqrt(WIDTH) + 1e-9;
    assert.ok(error <= bound, `word ${word} must have ${difference / (2 * step)} within ${bound}, got ${along}`);
  }

  using optimizer = new AdamW(model, { lr: 1e-3 });
  const memory = await optimizer.memory(batch, { dropout: 0 });
  assert.ok(memory.total < 5 * memory.weights, `a step takes ${memory.total} bytes, the weights ${memory.weights}`);
  tell(`a step takes ${Math.round(memory.total / 2 ** 20)} MiB, of which the weights are ${memory.weights} bytes`);
  const losses: number[] = [];
  for (let i = 0; i < 2; i++) {
    losses.push((await timed("step", () => optimizer.step(batch, { dropout: 0 }))).loss);
  }
  assert.ok(losses[1]! < losses[0]! - 0.1, `losses ${losses}`);
  tell(`live at the end: ${Math.round(gpu.buffers.liveBytes / 2 ** 20)} MiB`);
  // Rows too many for the logits to fit a buffer.
  const many = Array.from({ length: 30 }, () => IDS);
  const refused = {
    name: "RangeError",
    message:
      /^Cannot run the model: "cls.predictions.decoder.out" \[300, 119547\] needs 143457600 bytes .*; use a smaller batch$/,
  };
  await assert.rejects(model.forward({ input_ids: many, narrow_mask: many.map((row) => row.map(() => 1)) }), refused);
  await assert.rejects(optimizer.step({ input_ids: many, labels: many }), refused);
  device.destroy();
});
