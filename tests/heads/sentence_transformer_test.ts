/** The settings of a Transformer: under which names they are found, which arguments are taken, and which are refused by name. */

import assert from "node:assert/strict";
import { convert } from "../../src/heads/conversion/convert.ts";
import { TRANSFORMER_SETTINGS } from "../../src/heads/sentence/files.ts";
import { readModules } from "../../src/heads/sentence/modules.ts";
import { sentenceFiles } from "../../src/heads/sentence/stored_files.ts";
import { EMBEDDING, readTransformerSettings } from "../../src/heads/sentence/transformer_settings.ts";
import { filesOf, GOLDEN } from "../golden/sentence/sentence_case.ts";
import { files, POOLING, TRANSFORMER } from "./sentence_files.ts";

const MODULES = { "modules.json": [TRANSFORMER, POOLING] };

async function read(contents: Record<string, unknown>) {
  const folder = files(contents);
  return await readTransformerSettings(folder, { modules: await readModules(folder), use: EMBEDDING });
}

const limitOf = async (bert: object) => (await read({ ...MODULES, "sentence_bert_config.json": bert })).maximum;

Deno.test("of the names of all versions the first counts that has an object with something in it", async () => {
  const named = (names: readonly string[], values = (i: number): object => ({ max_seq_length: 10 + i })) =>
    Object.fromEntries(names.map((name, i) => [name, values(i)]));
  for (const [i, name] of TRANSFORMER_SETTINGS.entries()) {
    const contents = { ...MODULES, [name]: { max_seq_length: 5 } };
    assert.equal((await read(contents)).maximum, 5, name);
    const stored = await sentenceFiles(files(contents), await readModules(files(contents)));
    assert.deepEqual(stored.map((file) => file.name), ["modules.json", name]);
    assert.equal((await read({ ...MODULES, ...named(TRANSFORMER_SETTINGS.slice(i)) })).maximum, 10);
    const empty = named(TRANSFORMER_SETTINGS.slice(0, i), () => ({}));
    assert.equal((await read({ ...empty, ...contents })).maximum, 5, `${name} behind empty ones`);
  }
  assert.deepEqual(await read({ "sentence_albert_config.json": { max_seq_length: 5 } }), {
    maximum: null,
    lowerCase: false,
  });
  assert.equal((await read({ "sentence_bert_config.json": { max_seq_length: 5 } })).maximum, 5);
});

Deno.test("a conversion takes the settings along under the name that they have", async () => {
  const path = await Deno.makeTempDir();
  try {
    for (const name of ["legacy-xlnet", "legacy-in-subfolder", "legacy-behind-empty"]) {
      const source = filesOf(GOLDEN.folders[name]!.files);
      const [file] = [...source.keys()].filter((file) => /sentence_(xlnet|albert)_config/.test(file));
      const { along } = await convert(source, `${path}/${name}`);
      const plain = file!.replace(/.*\//, "");
      assert(along.includes(plain), `${along}`);
      assert.deepEqual(Deno.readFileSync(`${path}/${name}/${plain}`), source.get(file!));
    }
  } finally {
    await Deno.remove(path, { recursive: true });
  }
});

Deno.test("limits of tokens come from the arguments of calls, of the tokenizer, and max_seq_length, in that order", async () => {
  const bert = { max_seq_length: 9 };
  const tokenizer = { ...bert, tokenizer_args: { model_max_length: 8 } };
  const text = { ...tokenizer, processing_kwargs: { text: { max_length: 7 } } };
  const common = { ...tokenizer, processing_kwargs: { ...text.processing_kwargs, common: { max_length: 6 } } };
  assert.deepEqual(await Promise.all([bert, tokenizer, text, common].map(limitOf)), [9, 8, 7, 6]);
  assert.equal(await limitOf({ ...tokenizer, processor_kwargs: { model_max_length: 3 } }), 8);
  assert.equal(
    await limitOf({ tokenizer_args: null, processing_kwargs: { text: null, common: { max_length: null } } }),
    null,
  );
});

const REFUSED: [bert: object, message: RegExp][] = [
  [{ tokenizer_args: { do_lower_case: false } }, /tokenizer_args\.do_lower_case is not known here, .*, got false/],
  [{ processor_kwargs: { do_lower_case: true } }, /processor_kwargs\.do_lower_case is not known here/],
  [{ processor_kwargs: { padding_side: "left" } }, /processor_kwargs\.padding_side .* cannot be "left"/],
  [{ processor_kwargs: { model_max_length: 0 } }, /processor_kwargs\.model_max_length .* cannot be 0/],
  [{ config_kwargs: { hidden_act: "relu" } }, /config_kwargs\.hidden_act is not known here, .* got "relu"/],
  [{ config_args: { hidden_act: "relu" } }, /config_args\.hidden_act is not known here/],
  [{ config_args: 3 }, /config_args must be an object, got 3/],
  [{ model_kwargs: { dtype: "float16" } }, /model_kwargs\.dtype .* cannot be "float16"/],
  [{ model_args: { torch_dtype: "bfloat16" } }, /model_args\.torch_dtype .* cannot be "bfloat16"/],
  [{ model_args: { is_decoder: true } }, /model_args\.is_decoder is not known here/],
  [{ config_args: { trust_remote_code: true } }, /config_args asks for trust_remote_code/],
  [{ processing_kwargs: { text: { add_special_tokens: false } } }, /text\.add_special_tokens .* cannot be false/],
  [{ processing_kwargs: { text: { truncation: "only_first" } } }, /text\.truncation .* cannot be "only_first"/],
  [{ processing_kwargs: { text: { max_length: "4" } } }, /text\.max_length .* cannot be "4"/],
  [{ processing_kwargs: { common: { return_tensors: "np" } } }, /common\.return_tensors .* cannot be "np"/],
  [{ processing_kwargs: { max_length: 4 } }, /processing_kwargs\.max_length is not known here/],
  [{ processing_kwargs: [] }, /processing_kwargs must be an object, got \[\]/],
  [{ query_length: 3 }, /query_length is not known here, .* got 3/],
  [{ query_expansion: { length: 8 } }, /query_expansion is not known here/],
  [{ tokenizer_name_or_path: "other" }, /tokenizer_name_or_path is not known here, .* got "other"/],
  [{ pooling: "mean" }, /pooling is not known here/],
];

Deno.test("what would change an embedding and is not there is refused by its name, under each name of the file", async () => {
  for (const [i, [bert, message]] of REFUSED.entries()) {
    const name = TRANSFORMER_SETTINGS[i % TRANSFORMER_SETTINGS.length]!;
    await assert.rejects(() => read({ ...MODULES, [name]: bert }), (error: Error) => {
      assert.equal(error.name, "ConfigError");
      assert.match(error.message, message);
      assert(error.message.includes(`${name} in "memory/"`), error.message);
      return true;
    });
  }
});
