import assert from "node:assert/strict";
import { AutoTokenizer, narrowMask } from "../../mod.ts";

const tokenizer = await AutoTokenizer.from_pretrained("examples/models/wordnet/mlm");

Deno.test("tokens of parts of a text are those that have a character in one", () => {
  const text = "a large elephantine animal";
  const encoding = tokenizer.encode_plus(text, { return_offsets_mapping: true });
  const at = (word: string) => [text.indexOf(word), text.indexOf(word) + word.length] as const;
  const tokensOf = (...spans: (readonly [number, number])[]) => {
    const mask = narrowMask(encoding, spans);
    assert.equal(mask.length, encoding.input_ids.length);
    return tokenizer.convert_ids_to_tokens(encoding.input_ids.filter((_, i) => mask[i] === 1));
  };
  assert.deepEqual(tokensOf(at("large")), ["large"]);
  assert.deepEqual(tokensOf(at("animal"), at("a ")), ["a", "animal"]);
  assert.equal(tokensOf(at("elephantine")).map((token) => token.replace("##", "")).join(""), "elephantine");
  assert.deepEqual([tokensOf(), tokensOf([3, 3]), tokensOf([1, 2]), tokensOf([500, 900])], [[], [], [], []]);
  assert.equal(tokensOf([0, 500]).length, encoding.input_ids.length - 2);
});

Deno.test("an encoding without offsets, and parts that are none, are refused", () => {
  assert.throws(() => narrowMask(tokenizer.encode_plus("a"), [[0, 1]]), {
    name: "TokenizerError",
    message: /return_offsets_mapping/,
  });
  const encoding = tokenizer.encode_plus("a", { return_offsets_mapping: true });
  for (const [start, end] of [[2, 1], [-1, 1], [0.5, 1], [NaN, 1], [0, Infinity]] as const) {
    assert.throws(() => narrowMask(encoding, [[start, end]]), {
      name: "RangeError",
      message: new RegExp(`got \\[${start}, ${end}\\]`),
    });
  }
});
