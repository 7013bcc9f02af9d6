/**
 * Questions about texts whose context is kept, by turns with calls that begin anew. 8 texts of 128 tokens, one row of each;
 * 12 layers of width 256, of which 2 are full, with random weights; `latency: "low"`.
 */

import { states, Trunk } from "../mod.ts";
import { bert256, LENGTH, SEED, SEQUENCES, tokens } from "./bert256.ts";
import { benchRace } from "./interleaved.ts";

const config = bert256(2);
const trunk = await Trunk.from_config(config, { readouts: [states], seed: SEED, latency: "low" });
const texts = tokens(SEQUENCES, LENGTH, config).map((input_ids) => ({ input_ids }));
const context = await trunk.encode(texts);

// Each question is about another position.
let asked = 0;
const askOf = () => ({ states: { positions: [asked++ % LENGTH] } });
const answer = () => trunk.answer(texts.map((tokens) => ({ tokens, ask: askOf() })));
const ask = (of = context) => trunk.ask(of, texts.map((_, text) => ({ text, ask: askOf() })));

benchRace({
  name: "one row of each of 8 x 128 tokens, 2 full layers and 10 narrow ones",
  baseline: "a call that begins anew",
  rounds: 15,
  targets: { "a further question of a context": { least: 4 } },
}, {
  "a call that begins anew": answer,
  "the first question of a context, with its encoding": async () => {
    using own = await trunk.encode(texts);
    await ask(own);
  },
  "a further question of a context": () => ask(),
});
