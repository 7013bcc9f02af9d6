/** `pipeline.save_pretrained` writes what brings the same pipeline back. */

import assert from "node:assert/strict";
import {
  CheckpointError,
  NarrowBertConfig,
  NarrowBertForMaskedLM,
  NarrowBertModel,
  NarrowBertTokenizer,
  pipeline,
} from "../../mod.ts";
import { filesOf, GOLDEN } from "../golden/sentence/sentence_case.ts";

const { texts, query, folders, rankers } = GOLDEN;
const MLM = new URL("../../examples/models/wordnet/mlm/", import.meta.url);

/** A folder that is gone at the end of the block. */
async function temporary() {
  const path = await Deno.makeTempDir();
  return { path, [Symbol.dispose]: () => Deno.removeSync(path, { recursive: true }) };
}

/** Names of all files in a folder, with their own folders. */
function namesIn(folder: string, inside = ""): string[] {
  return [...Deno.readDirSync(`${folder}/${inside}`)]
    .flatMap(({ name, isDirectory }) => isDirectory ? namesIn(folder, `${inside}${name}/`) : [inside + name])
    .toSorted();
}

function writeFolder(path: string, files: ReadonlyMap<string, Uint8Array>): void {
  for (const [name, bytes] of files) {
    Deno.mkdirSync(`${path}/${name}`.replace(/\/[^/]*$/, ""), { recursive: true });
    Deno.writeFileSync(`${path}/${name}`, bytes);
  }
}

/** Folders with each kind of file: every module, both spellings, prompts, the Transformer elsewhere. */
const NAMES = Object.keys(folders).filter((name, i) =>
  i % 3 === 0 || /dense|norm|trans|prompt|moved|sub|legacy|tokens/i.test(name)
);

for (const name of NAMES) {
  Deno.test(`the embeddings of the folder ${name} are the same when it was saved and loaded`, async () => {
    using saved = await temporary();
    using embed = await pipeline("feature-extraction", filesOf(folders[name]!.files));
    await embed.save_pretrained(saved.path);
    using again = await pipeline("feature-extraction", saved.path);
    assert.deepEqual(
      [again.prompts, again.default_prompt_name, again.similarity_fn_name],
      [embed.prompts, embed.default_prompt_name, embed.similarity_fn_name],
    );
    for (const { options } of folders[name]!.calls) {
      const asked = { truncation: true, ...options };
      assert.deepEqual(await again(texts, asked), await embed(texts, asked));
    }
  });
}

Deno.test("the scores of every CrossEncoder are the same when it was saved and loaded", async () => {
  for (const { files } of Object.values(rankers)) {
    using saved = await temporary();
    using rank = await pipeline("text-ranking", filesOf(files));
    await rank.save_pretrained(saved.path);
    using again = await pipeline("text-ranking", saved.path);
    const asked = { truncation: true };
    assert.deepEqual(await again(query, texts, asked), await rank(query, texts, asked));
  }
});

Deno.test("a pipeline is saved into the folder that it is from, which then holds the same", async () => {
  using folder = await temporary();
  writeFolder(folder.path, filesOf(folders["dense"]?.files ?? Object.values(folders)[0]!.files));
  const names = namesIn(folder.path);
  using embed = await pipeline("feature-extraction", folder.path);
  const expected = await embed(texts, { truncation: true });
  await embed.save_pretrained(folder.path);
  const written = namesIn(folder.path);
  assert.deepEqual(names.filter((name) => !written.includes(name)), []);
  using again = await pipeline("feature-extraction", folder.path);
  assert.deepEqual(await again(texts, { truncation: true }), expected);
});

Deno.test("a pipeline without modules is saved as a model and its tokenizer", async () => {
  using saved = await temporary();
  using fill = await pipeline("fill-mask");
  await fill.save_pretrained(saved.path, { dtype: "F16" });
  assert.deepEqual(namesIn(saved.path), [
    "config.json",
    "model.safetensors",
    "special_tokens_map.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "vocab.txt",
  ]);
  using again = await pipeline("fill-mask", saved.path);
  const [ours, first] = [await again("the [MASK] of a king"), await fill("the [MASK] of a king")];
  const words = (answer: typeof first) => answer.flat().map(({ token_str }) => token_str);
  assert.deepEqual(words(ours), words(first));
});

Deno.test("a pipeline on shared weights knows the modules of the folder, from memory too", async () => {
  const golden = Object.entries(folders).find(([name]) => /dense/i.test(name))![1];
  using embed = await pipeline("feature-extraction", filesOf(golden.files));
  using shared = await pipeline("feature-extraction", embed);
  const asked = { truncation: true };
  assert.deepEqual(await shared(texts, asked), await embed(texts, asked));
  using saved = await temporary();
  await shared.save_pretrained(saved.path);
  using again = await pipeline("feature-extraction", saved.path);
  assert.deepEqual(await again(texts, asked), await embed(texts, asked));
});

Deno.test("what is saved later does not hear the signal of loading, nor report progress to its callback", async () => {
  using saved = await temporary();
  const loading = new AbortController();
  let told = 0;
  const options = { signal: loading.signal, progress_callback: () => void told++ };
  using embed = await pipeline("feature-extraction", MLM, options);
  const tokenizer = await NarrowBertTokenizer.from_pretrained(MLM, options);
  loading.abort(new Error("too late"));
  const before = told;
  await embed.save_pretrained(`${saved.path}/all`);
  await tokenizer.save_pretrained(`${saved.path}/tokenizer`);
  using other = await pipeline("feature-extraction", embed);
  await other.save_pretrained(`${saved.path}/other`);
  assert.equal(told, before);
  assert.deepEqual(namesIn(`${saved.path}/all`), namesIn(`${saved.path}/other`));
});

Deno.test("a pipeline of a model and a tokenizer has no modules to save", async () => {
  using saved = await temporary();
  using model = await NarrowBertForMaskedLM.from_pretrained(MLM);
  const tokenizer = await NarrowBertTokenizer.from_pretrained(MLM);
  using score = await pipeline("score", { model, tokenizer });
  await score.save_pretrained(saved.path);
  using again = await pipeline("score", saved.path);
  assert.deepEqual(await again("the wife of a king"), await score("the wife of a king"));
});

Deno.test("what cannot be saved is refused, and nothing is written", async () => {
  using place = await temporary();
  const from = `${place.path}/from`;
  writeFolder(from, filesOf(Object.entries(folders).find(([name]) => /dense/i.test(name))![1].files));
  using embed = await pipeline("feature-extraction", from);
  const to = `${place.path}/to`;
  const wrong = (dtype: unknown) => embed.save_pretrained(to, { dtype: dtype as "F32" });
  await assert.rejects(wrong("I8"), RangeError);
  await assert.rejects(embed.save_pretrained("https://example.com/model/"), { name: "TypeError", message: /local/ });
  await assert.rejects(embed.save_pretrained(to, { bits: 8 } as object), { name: "TypeError", message: /bits/ });
  Deno.renameSync(from, `${place.path}/elsewhere`);
  await assert.rejects(embed.save_pretrained(to), CheckpointError);
  embed.dispose();
  await assert.rejects(embed.save_pretrained(to), { message: /disposed/ });
  assert.deepEqual(namesIn(place.path).filter((name) => name.startsWith("to/")), []);
});

Deno.test("embeddings leave the pooler of a base model where it is, also in the folder that it is from", async () => {
  for (const other of [{ model_type: "bert" }, { full_length_layers: 1 }]) {
    using folder = await temporary();
    using saved = await temporary();
    const sizes = {
      vocab_size: 8000,
      hidden_size: 16,
      num_hidden_layers: 2,
      num_attention_heads: 2,
      intermediate_size: 8,
    };
    using model = await NarrowBertModel.from_config(new NarrowBertConfig({ ...sizes, ...other }), { seed: 3 });
    await model.save_pretrained(folder.path);
    await (await NarrowBertTokenizer.from_pretrained(MLM)).save_pretrained(folder.path);
    using embed = await pipeline("feature-extraction", folder.path);
    assert.equal(embed.model.pooler, false);
    for (const to of [saved.path, folder.path]) {
      await embed.save_pretrained(to);
      using again = await NarrowBertModel.from_pretrained(to, { strict: true });
      assert.deepEqual(await again.state_dict(), await model.state_dict());
    }
  }
});

Deno.test("a folder with files of another model, which would change this one, is refused and left as it is", async () => {
  using other = await pipeline("feature-extraction", filesOf(folders["dense"]!.files));
  using embed = await pipeline("feature-extraction", MLM);
  for (
    const name of ["modules.json", "config_sentence_transformers.json", "1_Pooling/config.json", "added_tokens.json"]
  ) {
    using saved = await temporary();
    writeFolder(saved.path, new Map([[name, new Uint8Array([123, 125])]]));
    await assert.rejects(embed.save_pretrained(saved.path), {
      name: "TypeError",
      message: `Cannot save to "${saved.path}": it has "${name}" of another model, which would change what is saved; ` +
        "remove it, or save to another folder",
    });
    assert.deepEqual(namesIn(saved.path), [name]);
  }
  using saved = await temporary();
  await other.save_pretrained(saved.path);
  await other.save_pretrained(saved.path);
  await assert.rejects(embed.save_pretrained(saved.path), /it has "modules.json" of another model/);
});
