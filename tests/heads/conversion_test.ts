/** Converting folders of models: what is written is what was read, and there is never a part of it. */

import assert from "node:assert/strict";
import {
  type Dtype,
  NarrowBertForMaskedLM,
  NarrowBertForSequenceClassification,
  NarrowBertModel,
  pipeline,
  readSafetensors,
  writeSafetensors,
} from "../../mod.ts";
import { decodeBfloat16, encodeBfloat16 } from "../../src/base/dtype.ts";
import { convert } from "../../src/heads/conversion/convert.ts";
import { LOCAL } from "../../src/io/local/file_system.ts";
import { writeNewFolder } from "../../src/io/local/new_folder.ts";
import { goldenModel } from "../golden/golden_case.ts";
import { filesOf, GOLDEN } from "../golden/sentence/sentence_case.ts";
import { inTemporaryFolder } from "../io/temporary.ts";

const WORDNET = new URL("../../examples/models/wordnet/mlm/", import.meta.url);
const INPUTS = { input_ids: [[1, 2, 3, 4, 5], [6, 7, 8, 9, 10]], narrow_mask: [[1, 0, 0, 1, 0], [0, 0, 1, 0, 0]] };

const namesOf = async (folder: string) => (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name).sort();
const configOf = async (folder: string) => JSON.parse(await Deno.readTextFile(`${folder}/config.json`));

/** Golden models in every published layout. */
const LAYOUTS = ["masked-lm", "authors-prefix", "ordinary-bert", "plain-bert", "sharded", "f16", "bf16", "f64"];

for (const name of LAYOUTS) {
  Deno.test(`${name} becomes a NarrowBERT in the published layout that computes the same bits`, () =>
    inTemporaryFolder(async (folder) => {
      const out = `${folder}/out`;
      const { plan, along, path } = await convert(goldenModel(name), out);
      assert.deepEqual([path, along], [out, []]);
      assert.deepEqual(await namesOf(folder), ["out"]);
      assert.deepEqual(await namesOf(out), ["config.json", "model.safetensors"]);
      const { model_type, architectures } = await configOf(out);
      assert.deepEqual({ model_type, architectures }, {
        model_type: "narrow_bert",
        architectures: ["NarrowBertForMaskedLM"],
      });
      using before = await NarrowBertForMaskedLM.from_pretrained(goldenModel(name));
      using after = await NarrowBertForMaskedLM.from_pretrained(out, { strict: true });
      assert.equal(after.config.full_length_layers, before.config.full_length_layers);
      assert.deepEqual(await after.forward(INPUTS), await before.forward(INPUTS));

      const file = await readSafetensors(`${out}/model.safetensors`);
      const dtype = ({ f16: "F16", bf16: "BF16" } as Record<string, Dtype>)[name] ?? "F32";
      assert.deepEqual([...new Set([...file.values()].map((tensor) => tensor.dtype))], [dtype]);
      assert.deepEqual(new Set(file.keys()), new Set(plan.weights.map(({ saved }) => saved)));
      assert.ok([...file.keys()].every((key) => /^(narrow_bert|cls)\./.test(key)));
      assert.equal(
        (await configOf(out)).torch_dtype,
        { F32: "float32", F16: "float16", BF16: "bfloat16" }[dtype as "F32"],
      );
    }));
}

Deno.test("every name of the source is kept, renamed or left out, each once", () =>
  inTemporaryFolder(async (folder) => {
    const { plan } = await convert(goldenModel("plain-bert"), `${folder}/out`);
    const stored = await readSafetensors(new URL("model.safetensors", goldenModel("plain-bert")));
    const told = [...plan.weights.map(({ stored }) => stored), ...plan.leftOut];
    assert.deepEqual(told.toSorted(), [...stored.keys()].toSorted());
    assert.deepEqual(plan.leftOut.toSorted(), [
      "bert.embeddings.position_ids",
      "cls.predictions.decoder.weight",
      "cls.seq_relationship.bias",
      "cls.seq_relationship.weight",
    ]);
    // The pooler of a pretrained BERT goes along: who fine-tunes it begins with it.
    using tuned = await NarrowBertForSequenceClassification.from_pretrained(`${folder}/out`, { new_head: true });
    const pooler = (await tuned.state_dict()).get("narrow_bert.pooler.dense.weight")!;
    assert.deepEqual(pooler.data, stored.get("bert.pooler.dense.weight")!.data);
  }));

Deno.test("an element type rounds every weight to the nearest, and the way back gives what F16 holds", () =>
  inTemporaryFolder(async (folder) => {
    const source = await readSafetensors(new URL("model.safetensors", goldenModel("masked-lm")));
    for (const dtype of ["f16", "BF16"] as const) {
      const out = `${folder}/${dtype}`;
      await convert(goldenModel("masked-lm"), out, { dtype });
      const rounded = (values: Float32Array) =>
        dtype === "f16" ? new Float32Array(new Float16Array(values)) : decodeBfloat16(encodeBfloat16(values));
      for (const [name, { data }] of await readSafetensors(`${out}/model.safetensors`)) {
        const found = dtype === "f16" ? new Float32Array(data as Float16Array) : decodeBfloat16(data as Uint16Array);
        assert.deepEqual(found, rounded(source.get(name)!.data as Float32Array), name);
      }
    }
    await convert(`${folder}/f16`, `${folder}/back`, { dtype: "f32" });
    await convert(`${folder}/back`, `${folder}/again`, { dtype: "f16" });
    const [once, again] = await Promise.all(
      ["f16", "again"].map((name) => Deno.readFile(`${folder}/${name}/model.safetensors`)),
    );
    assert.deepEqual(again, once);
  }));

Deno.test("other layers are made narrow, and full again", () =>
  inTemporaryFolder(async (folder) => {
    const narrow = await convert(goldenModel("plain-bert"), `${folder}/narrow`, { full_length_layers: 2 });
    assert.deepEqual([narrow.plan.fullBefore, narrow.plan.config.full_length_layers], [5, 2]);
    using expected = await NarrowBertForMaskedLM.from_pretrained(goldenModel("plain-bert"), {
      config: { full_length_layers: 2 },
    });
    using found = await NarrowBertForMaskedLM.from_pretrained(`${folder}/narrow`);
    assert.deepEqual(await found.forward(INPUTS), await expected.forward(INPUTS));

    await convert(`${folder}/narrow`, `${folder}/bert`, { to: "bert", full_length_layers: 5 });
    const { model_type, architectures, ...config } = await configOf(`${folder}/bert`);
    assert.deepEqual([model_type, architectures], ["bert", ["BertForMaskedLM"]]);
    assert.ok(!("full_length_layers" in config));
    using bert = await NarrowBertForMaskedLM.from_pretrained(`${folder}/bert`);
    using before = await NarrowBertForMaskedLM.from_pretrained(goldenModel("plain-bert"));
    assert.deepEqual(
      await bert.forward({ input_ids: INPUTS.input_ids }),
      await before.forward({
        input_ids: INPUTS.input_ids,
      }),
    );
    await assert.rejects(convert(goldenModel("plain-bert"), `${folder}/more`, { full_length_layers: 6 }), {
      name: "ConfigError",
      message: /full_length_layers must be at most num_hidden_layers 5, got 6/,
    });
    await assert.rejects(convert(`${folder}/narrow`, `${folder}/more`, { to: "bert" }), {
      name: "RangeError",
      message: /to a BERT: all its 5 layers must be full, and 3 are narrow.*full_length_layers 5 makes them full, and/,
    });
    assert.deepEqual(await namesOf(folder), ["bert", "narrow"]);
  }));

Deno.test("tokenizer and pooling go along unchanged, and the folder is a pipeline's", () =>
  inTemporaryFolder(async (folder) => {
    const files = new Map(
      [...Deno.readDirSync(WORDNET)].map(({ name }) => [name, Deno.readFileSync(new URL(name, WORDNET))]),
    );
    const { along } = await convert(WORDNET, `${folder}/out`);
    assert.deepEqual(along, ["tokenizer.json", "tokenizer_config.json", "vocab.txt"]);
    for (const name of along) assert.deepEqual(await Deno.readFile(`${folder}/out/${name}`), files.get(name));
    using fill = await pipeline("fill-mask", `${folder}/out`);
    using shipped = await pipeline("fill-mask");
    assert.deepEqual(await fill("a large [MASK]"), await shipped("a large [MASK]"));

    const pooling = JSON.stringify({ pooling_mode_mean_tokens: true });
    await Deno.mkdir(`${folder}/out/1_Pooling`);
    await Deno.writeTextFile(`${folder}/out/1_Pooling/config.json`, pooling);
    const again = await convert(`${folder}/out`, `${folder}/again`);
    assert.ok(again.along.includes("1_Pooling/config.json"));
    assert.equal(await Deno.readTextFile(`${folder}/again/1_Pooling/config.json`), pooling);

    // Pooling may be in a folder of another name, which modules.json tells.
    await Deno.rename(`${folder}/out/1_Pooling`, `${folder}/out/pool`);
    const modules = ["", "pool"].map((path, i) => ({
      type: `sentence_transformers.models.${["Transformer", "Pooling"][i]}`,
      path,
    }));
    await Deno.writeTextFile(`${folder}/out/modules.json`, JSON.stringify(modules));
    const third = await convert(`${folder}/out`, `${folder}/third`);
    assert.deepEqual(third.along.slice(-2).sort(), ["modules.json", "pool/config.json"]);
    assert.equal(await Deno.readTextFile(`${folder}/third/pool/config.json`), pooling);
  }));

for (const name of ["many-modules", "subfolder", "dense-bin", "default-prompt", "saved-no-prompt-flags"]) {
  Deno.test(`the modules of sentence-transformers in ${name} go along, with what they need`, () =>
    inTemporaryFolder(async (folder) => {
      const golden = GOLDEN.folders[name]!;
      const files = filesOf(golden.files);
      const { along } = await convert(files, `${folder}/out`, { to: "bert" });
      const moved = ["modules.json", ...[...files.keys()].filter((file) => file.startsWith("0_Transformer/"))];
      for (const [file, bytes] of files) {
        if (moved.includes(file) || ["config.json", "model.safetensors"].includes(file)) continue;
        assert.ok(along.includes(file), `${file} must go along`);
        assert.deepEqual(await Deno.readFile(`${folder}/out/${file}`), bytes);
      }
      using before = await pipeline("feature-extraction", files);
      using after = await pipeline("feature-extraction", `${folder}/out`);
      const texts = ["the large cat", "a dog"];
      assert.deepEqual(await after(texts), await before(texts));
      assert.deepEqual([after.prompts, after.default_prompt_name], [before.prompts, before.default_prompt_name]);
      using fill = await pipeline("feature-extraction", after);
      assert.deepEqual(await fill(texts), await before(texts));
    }));
}

Deno.test("models without a head, and classifiers, keep their class and their pooler", () =>
  inTemporaryFolder(async (folder) => {
    for (const [name, hasPooler] of [["base", false], ["base-pooler", true]] as const) {
      const { plan } = await convert(goldenModel(name), `${folder}/${name}`);
      assert.deepEqual([plan.className, plan.pooler], ["NarrowBertModel", hasPooler]);
      using _ = await NarrowBertModel.from_pretrained(`${folder}/${name}`, { add_pooling_layer: hasPooler });
    }
    const { plan } = await convert(goldenModel("seq-cls"), `${folder}/seq-cls`);
    assert.equal(plan.className, "NarrowBertForSequenceClassification");
    using before = await NarrowBertForSequenceClassification.from_pretrained(goldenModel("seq-cls"));
    using after = await NarrowBertForSequenceClassification.from_pretrained(`${folder}/seq-cls`);
    assert.deepEqual(after.config.id2label, before.config.id2label);
    const { input_ids } = INPUTS;
    assert.deepEqual(await after.forward({ input_ids }), await before.forward({ input_ids }));
  }));

/** Files of a golden model with some keys of its config changed. */
async function filesWith(name: string, keys: Record<string, unknown>): Promise<Map<string, Uint8Array>> {
  const read = (file: string) => Deno.readFile(new URL(file, goldenModel(name)));
  const config = JSON.parse(new TextDecoder().decode(await read("config.json")));
  const text = new TextEncoder().encode(JSON.stringify({ ...config, ...keys }));
  return new Map([["config.json", text], ["model.safetensors", await read("model.safetensors")]]);
}

Deno.test("a config without architectures is taken at its weights, or refused if they do not tell", () =>
  inTemporaryFolder(async (folder) => {
    const head = async (name: string) => {
      const { plan } = await convert(await filesWith(name, { architectures: null }), `${folder}/${name}`);
      return plan.className;
    };
    assert.equal(await head("masked-lm"), "NarrowBertForMaskedLM");
    assert.equal(await head("base"), "NarrowBertModel");
    for (const architectures of [null, ["BertForQuestionAnswering"]]) {
      await assert.rejects(convert(await filesWith("seq-cls", { architectures }), `${folder}/no`), {
        name: "ConfigError",
        message: /architectures in its config must name one of .*, got (nothing|"BertForQuestionAnswering")/,
      });
    }
    await assert.rejects(convert(await filesWith("masked-lm", { model_type: "roberta" }), `${folder}/no`), {
      name: "ConfigError",
      message: /got "roberta"/,
    });
    assert.deepEqual(await namesOf(folder), ["base", "masked-lm"]);
  }));

Deno.test("what is there already is not touched", () =>
  inTemporaryFolder(async (folder) => {
    await Deno.mkdir(`${folder}/full`);
    await Deno.writeTextFile(`${folder}/full/mine.txt`, "mine");
    await Deno.writeTextFile(`${folder}/file`, "mine");
    await assert.rejects(convert(goldenModel("masked-lm"), `${folder}/full`), {
      name: "TypeError",
      message:
        `Cannot write "${folder}/full": it must be a new or an empty folder, and holds "mine.txt"; choose another`,
    });
    await assert.rejects(convert(goldenModel("masked-lm"), `${folder}/file`), {
      message: `Cannot write "${folder}/file": it must be a new folder, and is a file`,
    });
    await assert.rejects(convert(goldenModel("masked-lm"), "https://example.com/model"), {
      name: "TypeError",
      message: 'Cannot convert to "https://example.com/model": it must be a local folder',
    });
    await Deno.mkdir(`${folder}/target`);
    for (const [name, target] of [["link", "target"], ["broken", "nowhere"]] as const) {
      await Deno.symlink(target, `${folder}/${name}`);
      await assert.rejects(convert(goldenModel("masked-lm"), `${folder}/${name}`), {
        name: "TypeError",
        message: `Cannot write "${folder}/${name}": it must be a new folder, and is a link`,
      });
      await Deno.remove(`${folder}/${name}`);
    }
    for (const end of [".", "..", "./"]) {
      await assert.rejects(convert(goldenModel("masked-lm"), `${folder}/target/${end}`), {
        name: "TypeError",
        message: /: it must end in the name of a new folder$/,
      });
    }
    assert.deepEqual(await namesOf(`${folder}/target`), []);
    await Deno.remove(`${folder}/target`);
    await assert.rejects(convert(goldenModel("masked-lm"), `${folder}/file/out`), {
      message: new RegExp(`^Cannot write "${folder}/file/out": Not a directory`),
    });
    // Nothing of the source is asked for if there is no place for it.
    await assert.rejects(convert("http://127.0.0.1:1/model", `${folder}/full`), { message: /holds "mine.txt"/ });

    await Deno.mkdir(`${folder}/empty`);
    await convert(goldenModel("masked-lm"), `${folder}/empty/`);
    assert.deepEqual(await namesOf(folder), ["empty", "file", "full"]);

    await Deno.mkdir(`${folder}/other.unfinished`);
    await assert.rejects(convert(goldenModel("masked-lm"), `${folder}/other`), {
      message:
        /other.unfinished" is there, in which another process writes it, or did until it was killed; if none does/,
    });
    assert.deepEqual(await namesOf(folder), ["empty", "file", "full", "other.unfinished"]);
  }));

Deno.test("weights that cannot be written, and an abort, leave nothing", () =>
  inTemporaryFolder(async (folder) => {
    const file = await readSafetensors(new URL("model.safetensors", goldenModel("masked-lm")));
    const large = [...file].map(([name, { dtype, shape, data }]) => {
      const values = Float32Array.from(data as Float32Array);
      if (name === "cls.predictions.bias") values[7] = 70_000;
      return [name, { dtype, shape, data: values }] as const;
    });
    const files = await filesWith("masked-lm", {});
    files.set("model.safetensors", await writeSafetensors(large));
    await assert.rejects(convert(files, `${folder}/out`, { dtype: "f16" }), {
      name: "RangeError",
      message: /^Cannot save weight "cls.predictions.bias" as F16: element \[7\] must be in its range, got 70000; /,
    });
    large.find(([name]) => name === "cls.predictions.bias")![1].data[7] = NaN;
    files.set("model.safetensors", await writeSafetensors(large));
    await assert.rejects(convert(files, `${folder}/out`), { name: "CheckpointError", message: /must be finite/ });
    files.set("model.safetensors", await writeSafetensors(large.slice(3)));
    await assert.rejects(convert(files, `${folder}/out`), { name: "CheckpointError", message: /missing/ });
    for (const options of [{ to: "gpt" }, { dtype: "f64" }]) {
      await assert.rejects(convert(goldenModel("masked-lm"), `${folder}/out`, options as object), {
        name: "RangeError",
      });
    }
    const signal = AbortSignal.abort(new Error("enough"));
    await assert.rejects(convert(goldenModel("masked-lm"), `${folder}/out`, { signal }), { message: "enough" });
    assert.deepEqual(await namesOf(folder), []);
  }));

Deno.test("a disk that fails or changes what is written leaves nothing, at every step", () =>
  inTemporaryFolder(async (folder) => {
    const files = [["a", [Uint8Array.of(1, 2), Uint8Array.of(3)]], ["b/c", [Uint8Array.of(4)]]] as const;
    const check = async (path: string) => {
      const found = [...await Deno.readFile(`${path}/a`), ...await Deno.readFile(`${path}/b/c`)];
      if (`${found}` !== "1,2,3,4") throw new Error(`read back ${found}`);
    };
    for (let failing = 0;; failing++) {
      let operations = 0;
      const operation = <T>(work: () => Promise<T>): Promise<T> => {
        if (operations++ === failing) return Promise.reject(new Error("disk"));
        return work();
      };
      const system: typeof LOCAL = {
        ...LOCAL,
        makeFolder: (path) => operation(() => LOCAL.makeFolder(path)),
        create: (path) =>
          operation(async () => {
            const file = await LOCAL.create(path);
            return {
              write: (bytes) => operation(() => file.write(bytes)),
              sync: () => operation(() => file.sync()),
              close: () => file.close(),
            };
          }),
        rename: (from, to) => operation(() => LOCAL.rename(from, to)),
      };
      const path = `${folder}/out`;
      if (await writeNewFolder(path, files, { check, system }).then(() => true, () => false)) {
        assert.ok(failing > 8, `${failing} operations`);
        assert.deepEqual(await namesOf(folder), ["out"]);
        break;
      }
      assert.deepEqual(await namesOf(folder), [], `operation ${failing}`);
    }
    const full: typeof LOCAL = {
      ...LOCAL,
      async create(path) {
        return { ...await LOCAL.create(path), write: () => Promise.reject(new Error("No space left (os error 28)")) };
      },
    };
    await assert.rejects(writeNewFolder(`${folder}/full`, files, { check, system: full }), {
      message: `Cannot write "${folder}/full.unfinished/a": No space left (os error 28)`,
    });
    assert.deepEqual(await namesOf(folder), ["out"]);
    const wrong = { check: () => Promise.reject(new Error("read back something else")) };
    await assert.rejects(writeNewFolder(`${folder}/wrong`, files, wrong), { message: "read back something else" });
    assert.deepEqual(await namesOf(folder), ["out"]);
  }));

Deno.test("of several that write the same new folder at once one does, and none harms it", () =>
  inTemporaryFolder(async (folder) => {
    for (const path of [`${folder}/a`, `${folder}/b`, `${folder}/new/er/c`]) {
      const write = async (byte: number) => {
        const check = async () => await new Promise<void>((resolve) => setTimeout(resolve, 5));
        await writeNewFolder(path, [["x", [Uint8Array.of(byte)]], ["y", [Uint8Array.of(byte)]]], { check });
        return byte;
      };
      const ended = await Promise.allSettled([1, 2, 3, 4].map(write));
      const [done, ...others] = ended.flatMap((one) => one.status === "fulfilled" ? [one.value] : []);
      assert.ok(done !== undefined && others.length === 0, path);
      for (const name of ["x", "y"]) assert.deepEqual([...await Deno.readFile(`${path}/${name}`)], [done]);
      for (const one of ended) {
        if (one.status === "rejected") {
          assert.match(`${one.reason}`, /another process writes it|holds 2 files|not empty/);
        }
      }
    }
    assert.deepEqual(await namesOf(folder), ["a", "b", "new"]);
    assert.deepEqual(await namesOf(`${folder}/new/er`), ["c"]);
  }));

Deno.test("a config of a model that is not valid is refused as by loading", () =>
  inTemporaryFolder(async (folder) => {
    await assert.rejects(convert(await filesWith("masked-lm", { hidden_size: 33 }), `${folder}/out`), {
      name: "ConfigError",
      message: /num_attention_heads must divide hidden_size 33/,
    });
  }));
