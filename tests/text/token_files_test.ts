/** Random folders of tokenizers, compared with transformers; made by tools/tokenizer/folders.py. */

import assert from "node:assert/strict";
import { TokenizerError } from "../../src/base/errors.ts";
import { BertTokenizer } from "../../src/text/bert_tokenizer.ts";
import { readTokenizerFiles } from "../../src/text/files/files.ts";
import { NarrowBertTokenizerFast } from "../../src/text/tokenizer.ts";
import { filesFolder } from "./folders.ts";

/** What transformers makes of a folder. */
interface Case {
  files: Record<string, string>;
  /** In what its versions 4 and 5 differ. */
  differs?: string[];
  ids: number[][];
  pair: [ids: number[], types: number[]];
  offsets: number[][];
  padded: number[][] | null;
  cut: number[];
  special: number[];
  decoded: string[];
  size: number;
}

interface Golden {
  texts: string[];
  cases: Case[];
}

/** A larger file: deno task test tests/text/token_files_test.ts -- FILE */
const FILE = Deno.args.at(-1)?.endsWith(".json.gz")
  ? Deno.args.at(-1)!
  : new URL("../golden/text/folders.json.gz", import.meta.url);

async function read(file: string | URL): Promise<Golden> {
  const bytes = await Deno.readFile(file);
  return await new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).json();
}

const load = async (files: Record<string, string>) => new BertTokenizer(await readTokenizerFiles(filesFolder(files)));

/** The same of our tokenizer. */
function factsOf(tokenizer: BertTokenizer, texts: readonly string[]): Omit<Case, "files" | "differs"> {
  const ids = texts.map((text) => tokenizer.encode(text));
  const pair = tokenizer.encode_plus(texts[0]!, { text_pair: texts[1]!, return_offsets_mapping: true });
  return {
    ids,
    pair: [pair.input_ids, pair.token_type_ids],
    offsets: pair.offset_mapping!,
    padded: tokenizer.pad_token === undefined
      ? null
      : tokenizer.batch_encode_plus(texts.slice(0, 3), { padding: true }).input_ids,
    cut: tokenizer.encode(texts[2]!, { truncation: true, max_length: 5 }),
    special: [...tokenizer.all_special_ids],
    decoded: ids.slice(0, 4).map((each) => tokenizer.decode(each)),
    size: tokenizer.vocab_size,
  };
}

/** The files of a case, without those that are long. */
function shown({ "vocab.txt": _vocabulary, "tokenizer.json": json, ...rest }: Record<string, string>): string {
  const { normalizer, pre_tokenizer, post_processor, padding, truncation, model } = JSON.parse(json ?? "{}");
  const parts = { normalizer, pre_tokenizer, post_processor, padding, truncation, model: model?.type };
  return JSON.stringify(json === undefined ? rest : { ...rest, ...parts });
}

Deno.test("folders that name tokens and classes in any of their files give what transformers gives, or are refused", async () => {
  const { texts, cases } = await read(FILE);
  const wrong: string[] = [];
  let refused = 0;
  for (const [number, { files, differs, ...expected }] of cases.entries()) {
    const tokenizer = await load(files).catch((error) => {
      assert(error instanceof TokenizerError, String(error));
      return error.message;
    });
    if (typeof tokenizer === "string") {
      refused++;
      if (differs === undefined) wrong.push(`${number}: ${shown(files)}\n  ${tokenizer}`);
      continue;
    }
    if (differs !== undefined) {
      wrong.push(`${number}: ${shown(files)}\n  is not refused, and Python's versions differ in ${differs}`);
      continue;
    }
    const got = factsOf(tokenizer, texts);
    for (const key of Object.keys(expected) as (keyof typeof expected)[]) {
      const [a, b] = [JSON.stringify(got[key]), JSON.stringify(expected[key])];
      if (a !== b) wrong.push(`${number}: ${shown(files)}\n  ${key}\n  got      ${a}\n  expected ${b}`);
    }
  }
  console.log(`${cases.length} folders x ${texts.length} texts, ${refused} refused`);
  assert.equal(wrong.length, 0, `${wrong.length} differ in ${cases.length} folders\n${wrong.slice(0, 9).join("\n")}`);
});

Deno.test("what save_pretrained writes brings back every one of these tokenizers", async () => {
  const { texts, cases } = await read(FILE);
  const to = await Deno.makeTempDir();
  try {
    for (
      const [number, { files, ids }] of cases.filter(({ differs }) => differs === undefined).slice(0, 50).entries()
    ) {
      const tokenizer = await NarrowBertTokenizerFast.from_pretrained(
        new Map(Object.entries(files).map(([name, text]) => [name, new TextEncoder().encode(text)])),
      );
      await tokenizer.save_pretrained(`${to}/${number}`);
      const names = [...Deno.readDirSync(`${to}/${number}`)].map(({ name }) => name);
      for (const name of ["tokenizer.json", "tokenizer_config.json", "special_tokens_map.json"]) {
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
