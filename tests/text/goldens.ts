/** Reads tests/golden/text: the files of a BERT tokenizer, and what Python makes of texts with them. */

import { gunzipSync } from "node:zlib";
import { BertTokenizer } from "../../src/text/bert_tokenizer.ts";
import { readTokenizerFiles } from "../../src/text/files/files.ts";
import { filesFolder } from "./folders.ts";

const FOLDER = new URL("../golden/text/", import.meta.url);

/** The bytes of a golden file, unpacked if it is packed. */
export async function goldenBytes(name: string): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = await Deno.readFile(new URL(name, FOLDER));
  return name.endsWith(".gz") ? new Uint8Array(gunzipSync(bytes)) : bytes;
}

/** The value of a golden file, which may be packed; the caller says what it is. */
export async function readGolden<T>(name: string): Promise<T> {
  return JSON.parse(new TextDecoder().decode(await goldenBytes(name)));
}

/** The tokenizer of bert-base-uncased, from either of its files alone. */
export async function bertTokenizer(file: "tokenizer.json" | "vocab.txt"): Promise<BertTokenizer> {
  const bytes = await goldenBytes(file === "vocab.txt" ? file : "minilm_tokenizer.json.gz");
  return new BertTokenizer(await readTokenizerFiles(filesFolder({ [file]: bytes })));
}
