/** Random tokenizers of all parts, compared with PyPI's `tokenizers`; made by tools/tokenizer/pipelines.py. */

import assert from "node:assert/strict";
import { TokenizerError } from "../../src/base/errors.ts";
import { BertTokenizer } from "../../src/text/bert_tokenizer.ts";

interface Case {
  json: object;
  ids: number[][];
  offsets: number[][];
  words: number[][];
  decoded: string[];
  pairs: [ids: number[], types: number[]][];
}

interface Golden {
  tokenizers: string;
  charsmaps: string[];
  texts: string[];
  cases: Case[];
}

/** A larger file: deno task test tests/text/pipelines_test.ts -- FILE */
const FILE = Deno.args.at(-1)?.endsWith(".json.gz")
  ? Deno.args.at(-1)!
  : new URL("../golden/text/pipelines.json.gz", import.meta.url);

async function read(): Promise<Golden> {
  const bytes = await Deno.readFile(FILE);
  return await new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).json();
}

/** The parts of a file, for messages. */
function partsOf({ json }: Case): string {
  const { normalizer, pre_tokenizer, post_processor, model, decoder, added_tokens } = json as Record<string, object>;
  const parts = { normalizer, pre_tokenizer, post_processor, decoder, model: { ...model, vocab: 0, merges: 0 } };
  return JSON.stringify({ ...parts, added_tokens: (added_tokens as unknown as object[]).slice(5) });
}

Deno.test("random tokenizers give Python's ids, offsets, words, pairs and texts, or are refused by name", async () => {
  const { texts, cases, charsmaps } = await read();
  const refused: string[] = [];
  const wrong: string[] = [];
  for (const [number, each] of cases.entries()) {
    const source = JSON.stringify(each.json).replace(/"@(\d+)"/g, (_, index) => JSON.stringify(charsmaps[index]));
    let tokenizer: BertTokenizer;
    try {
      const config = { tokenizer_class: "PreTrainedTokenizerFast" };
      tokenizer = new BertTokenizer({ location: `${number}`, tokenizer: JSON.parse(source), config });
    } catch (error) {
      assert(error instanceof TokenizerError, String(error));
      refused.push(error.message);
      continue;
    }
    const differences: string[] = [];
    for (const [index, text] of texts.entries()) {
      const compare = (what: string, got: unknown, expected: unknown) => {
        const [a, b] = [JSON.stringify(got), JSON.stringify(expected)];
        if (a !== b) differences.push(`${what} of ${JSON.stringify(text)}:\n  got      ${a}\n  expected ${b}`);
      };
      const got = tokenizer.encode_plus(text, { return_offsets_mapping: true, return_word_ids: true });
      compare("ids", got.input_ids, each.ids[index]);
      compare("offsets", got.offset_mapping!.flat(), each.offsets[index]);
      compare("words", got.word_ids!.map((word) => word ?? -1), each.words[index]);
      const options = { skip_special_tokens: index % 2 === 0, clean_up_tokenization_spaces: false };
      compare("text", tokenizer.decode(each.ids[index]!, options), each.decoded[index]);
      if (index % 10 === 0) {
        const pair = tokenizer.encode_plus(text, {
          text_pair: texts[(index + 1) % texts.length]!,
          return_token_type_ids: true,
        });
        compare("pair", [pair.input_ids, pair.token_type_ids], each.pairs[index / 10]);
      }
    }
    if (differences.length > 0) {
      wrong.push(
        `${number}: ${differences.length} differences of ${partsOf(each)}\n${differences.slice(0, 2).join("\n")}`,
      );
    }
  }
  console.log([...new Set(refused.map((m) => m.split(": ")[1]))].join("\n"));
  console.log(`${cases.length} tokenizers x ${texts.length} texts: ${wrong.length} differ, ${refused.length} refused`);
  for (const message of refused) assert.match(message, /^Cannot load a tokenizer from "\d+": \S+ must be /);
  assert(refused.length <= cases.length / 10, refused.join("\n"));
  assert.equal(wrong.length, 0, wrong.slice(0, 8).join("\n\n"));
});
