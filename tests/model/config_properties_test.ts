import assert from "node:assert/strict";
import { fc } from "../deps.ts";
import { ConfigError } from "../../src/base/errors.ts";
import { keepsZero } from "../../src/kernels/rows/activation.ts";
import { NarrowBertConfig } from "../../src/model/config/config.ts";
import { ACTIVATIONS, LARGEST } from "../../src/model/config/fields.ts";
import { refusalOf, SIZES } from "./config_refusals.ts";

/** Any JSON value, and the numbers that JSON has no words for. */
const anyValue = fc.oneof(
  fc.jsonValue() as fc.Arbitrary<unknown>,
  fc.constantFrom<unknown>(NaN, Infinity, -0, 2 ** 53),
);
const KEYS = Object.keys(new NarrowBertConfig().to_json());
const anySource = fc.dictionary(fc.oneof(fc.constantFrom(...KEYS, "num_labels"), fc.string()), anyValue);

Deno.test("property: whatever it is given, a config is refused by name or holds what it promises", () => {
  fc.assert(
    fc.property(anySource, (source) => {
      let config: NarrowBertConfig;
      try {
        config = new NarrowBertConfig(source);
      } catch (error) {
        assert.ok(error instanceof ConfigError, String(error));
        assert.ok([...KEYS, "num_labels"].some((key) => Object.hasOwn(source, key) && error.message.includes(key)));
        return;
      }
      assert.equal(config.headSize, Math.floor(config.headSize));
      assert.ok(config.full_length_layers >= 0 && config.full_length_layers <= config.num_hidden_layers);
      assert.deepEqual(new NarrowBertConfig(config.to_json()).to_json(), config.to_json());
    }),
    { numRuns: 500, seed: 20230104 },
  );
});

/** Configs that are right. */
const rightSource = fc.record({
  heads: fc.integer({ min: 1, max: 16 }),
  headSize: fc.integer({ min: 1, max: 128 }),
  layers: fc.integer({ min: 1, max: 48 }),
  full: fc.double({ min: 0, max: 1, noNaN: true }),
  vocab_size: fc.integer({ min: 1, max: LARGEST.vocab_size }),
  layer_norm_eps: fc.double({ min: 1e-30, max: 1, noNaN: true }),
  num_labels: fc.integer({ min: 1, max: 99 }),
  hidden_act: fc.constantFrom(...ACTIVATIONS),
}).map(({ heads, headSize, layers, full, ...rest }) => ({
  ...rest,
  num_attention_heads: heads,
  // Activations that do not map 0 to 0 need rows without padding.
  hidden_size: heads * headSize * (keepsZero(rest.hidden_act) ? 1 : 4),
  num_hidden_layers: layers,
  full_length_layers: Math.round(full * layers),
}));

Deno.test("property: right configs are taken as they are, and come back from their text", () => {
  fc.assert(
    fc.property(rightSource, (source) => {
      const config = new NarrowBertConfig(source);
      for (const [key, value] of Object.entries(source)) assert.equal(config[key as keyof typeof source], value);
      const again = NarrowBertConfig.parse(JSON.stringify(config.to_json()), "x");
      assert.deepEqual(again.to_json(), config.to_json());
    }),
    { numRuns: 200, seed: 20230104 },
  );
});

Deno.test("property: one wrong size among right ones is the only thing reported", () => {
  const wrong = fc.oneof(fc.integer({ max: 0 }), fc.double({ min: 0.1, max: 0.9 }), fc.string(), fc.constant(1e9));
  fc.assert(
    fc.property(rightSource, fc.constantFrom(...SIZES), wrong, (source, size, value) => {
      const message = refusalOf({ ...source, [size]: value });
      assert.match(message, new RegExp(`^Cannot use the config: ${size} must be a whole number`));
    }),
    { numRuns: 200, seed: 20230104 },
  );
});
