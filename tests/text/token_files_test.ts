/** Random folders of tokenizers, compared with transformers; made by tools/tokenizer/folders.py. */

import assert from "node:assert/strict";
import { BertTokenizer } from "../../src/text/bert_tokenizer.ts";
import { readTokenizerFiles } from "../../src/text/files/files.ts";
import { NarrowBertTokenizerFast } from "../../src/text/tokenizer.ts";
import { filesFolder } from "./folders.ts";

interface Golden {
  texts: string[];
  cases: { files: Record<string, string>; ids: number[][] }[];
}

/** A larger file: deno task test tests/text/token_files_test.ts -- FILE */
const FILE = Deno.args.at(-1)?.endsWith(".json.gz")
  ? Deno.args.at(-1)!
  : new URL("../golden/text/folders.json.gz", import.meta.url);

Deno.test("folders that name tokens in any of their files give the ids of transformers", async () => {
  const bytes = await Deno.readFile(FILE);
  const { texts, cases }: Golden = await new Response(
    new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip")),
  ).json();
  const wrong: string[] = [];
  for (const [number, { files, ids }] of cases.entries()) {
    const tokenizer = new BertTokenizer(await readTokenizerFiles(filesFolder(files)));
    const index = texts.findIndex((text, index) =>
      JSON.stringify(tokenizer.encode(text)) !== JSON.stringify(ids[index])
    );
    if (index < 0) continue;
    const { "vocab.txt": vocabulary, ...rest } = files;
    wrong.push(
      `${number}: ${JSON.stringify(rest)} of ${vocabulary!.split("\n").length - 1} lines\n  ${texts[index]}\n  ` +
        `got      ${tokenizer.encode(texts[index]!)}\n  expected ${ids[index]}`,
    );
  }
  assert.equal(wrong.length, 0, `${wrong.length} of ${cases.length} differ\n${wrong.slice(0, 9).join("\n")}`);
});

Deno.test("what save_pretrained writes brings back every one of these tokenizers", async () => {
  const bytes = await Deno.readFile(new URL("../golden/text/folders.json.gz", import.meta.url));
  const { texts, cases }: Golden = await new Response(
    new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip")),
  ).json();
  const to = await Deno.makeTempDir();
  try {
    for (const [number, { files, ids }] of cases.slice(0, 25).entries()) {
      const tokenizer = await NarrowBertTokenizerFast.from_pretrained(
        new Map(Object.entries(files).map(([name, text]) => [name, new TextEncoder().encode(text)])),
      );
      await tokenizer.save_pretrained(`${to}/${number}`);
      const names = [...Deno.readDirSync(`${to}/${number}`)].map(({ name }) => name);
      for (const name of ["tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "vocab.txt"]) {
        assert(names.includes(name), name);
      }
      const again = await NarrowBertTokenizerFast.from_pretrained(`${to}/${number}`);
      assert.deepEqual(texts.map((text) => again.encode(text)), ids, JSON.stringify(files));
      assert.deepEqual(
        [again.vocab_size, again.model_max_length, again.all_special_ids],
        [tokenizer.vocab_size, tokenizer.model_max_length, tokenizer.all_special_ids],
      );
    }
  } finally {
    await Deno.remove(to, { recursive: true });
  }
});

Deno.test("a vocabulary without [MASK] gets one behind it, and one without [CLS] too, as transformers does", async () => {
  for (const missing of ["[PAD]", "[CLS]", "[SEP]", "[MASK]"]) {
    const lines = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "cat"].filter((line) => line !== missing).join("\n");
    const tokenizer = new BertTokenizer(await readTokenizerFiles(filesFolder({ "vocab.txt": lines })));
    assert.equal(tokenizer.vocab_size, 6);
    assert.equal(tokenizer.convert_tokens_to_ids(missing), 5);
    assert.deepEqual(tokenizer.encode("cat"), [tokenizer.cls_token_id, 4, tokenizer.sep_token_id]);
    assert.deepEqual(tokenizer.encode(missing, { add_special_tokens: false }), [5]);
  }
});
