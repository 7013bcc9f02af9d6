/**
 * Whether Python loads what `save_pretrained` of a tokenizer writes, to the same ids on 500 texts:
 *
 *     python -m venv venv && venv/bin/pip install transformers==5.24.0
 *     deno run --allow-read --allow-write --allow-run tools/tokenizer/saved.ts venv/bin/python
 */

import { NarrowBertTokenizerFast } from "../../src/text/tokenizer.ts";
import { randomTexts } from "../../tests/text/random_texts.ts";

interface Golden {
  texts: string[];
  cases: { files?: Record<string, string>; json?: object }[];
}

const ROOT = new URL("../../", import.meta.url);
const [python = "python3"] = Deno.args;

async function golden(name: string): Promise<Golden> {
  const bytes = await Deno.readFile(new URL(`tests/golden/text/${name}`, ROOT));
  return await new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).json();
}

/** The files of each tokenizer, by a name. */
async function* sources(): AsyncGenerator<[name: string, files: Map<string, Uint8Array<ArrayBuffer>>]> {
  const utf8 = (text: string) => new TextEncoder().encode(text);
  for (const file of ["vocab.txt", "tokenizer.json"]) {
    const bytes = await Deno.readFile(new URL(`examples/models/wordnet/mlm/${file}`, ROOT)).catch(() => null);
    if (bytes !== null) yield [`shipped ${file}`, new Map([[file, bytes]])];
  }
  const vocabulary = await Deno.readFile(new URL("tests/golden/text/vocab.txt", ROOT));
  for (const config of [{}, { do_lower_case: false }, { strip_accents: false, model_max_length: 128 }]) {
    const name = `bert-base-uncased ${JSON.stringify(config)}`;
    yield [name, new Map([["vocab.txt", vocabulary], ["tokenizer_config.json", utf8(JSON.stringify(config))]])];
  }
  for (const [number, { files }] of (await golden("folders.json.gz")).cases.entries()) {
    yield [`folder ${number}`, new Map(Object.entries(files!).map(([name, text]) => [name, utf8(text)]))];
    const json = files!["tokenizer.json"];
    if (json !== undefined) yield [`tokenizer.json of folder ${number}`, new Map([["tokenizer.json", utf8(json)]])];
  }
  for (const [number, { json }] of (await golden("pipelines.json.gz")).cases.entries()) {
    const text = JSON.stringify(json);
    if (!text.includes("precompiled_charsmap")) yield [`pipeline ${number}`, new Map([["tokenizer.json", utf8(text)]])];
  }
}

const folder = await Deno.makeTempDir();
try {
  const texts = [...(await golden("folders.json.gz")).texts, ...(await golden("pipelines.json.gz")).texts];
  texts.push(...randomTexts(500 - texts.length, 3).map((text) => text.toWellFormed()));
  await Deno.writeTextFile(`${folder}/texts.json`, JSON.stringify(texts));
  let count = 0;
  for await (const [name, files] of sources()) {
    let tokenizer: NarrowBertTokenizerFast;
    try {
      tokenizer = await NarrowBertTokenizerFast.from_pretrained(files);
    } catch {
      continue; // refused by name: tests/text/pipelines_test.ts counts them
    }
    const to = `${folder}/${count++}`;
    await tokenizer.save_pretrained(to);
    const ids = texts.map((text) => tokenizer.encode(text));
    const again = await NarrowBertTokenizerFast.from_pretrained(to);
    const here = texts.every((text, index) => JSON.stringify(again.encode(text)) === JSON.stringify(ids[index]));
    await Deno.writeTextFile(`${to}/expected.json`, JSON.stringify({ name, ids, here }));
  }
  const script = new URL("saved.py", import.meta.url).pathname;
  const { code } = await new Deno.Command(python, { args: [script, folder], stderr: "null" }).output()
    .then((output) => (Deno.stdout.writeSync(output.stdout), output));
  Deno.exitCode = code;
} finally {
  await Deno.remove(folder, { recursive: true });
}
