/** Folders of sentence-transformers with one value that is of another kind: read, or refused by an error that names the file. */

import assert from "node:assert/strict";
import { CheckpointError, ConfigError } from "../../src/base/errors.ts";
import { isObject } from "../../src/base/json.ts";
import { readModules } from "../../src/heads/sentence/modules.ts";
import { readSentenceConfig } from "../../src/heads/sentence/sentence_config.ts";
import { MemoryFolder } from "../../src/io/folder/memory_folder.ts";
import { filesOf, GOLDEN } from "../golden/sentence/sentence_case.ts";

const FOLDERS = [
  "saved-many-modules",
  "saved-no-prompt-flags",
  "flags-all",
  "subfolder",
  "dense-projected",
  "tokens-all",
  "arguments-processing_kwargs",
];

/** What a value is replaced by; `undefined` leaves it out. */
const OTHERS: unknown[] = [undefined, null, true, 0, -1, 1.5, 1e300, "", "x", "../x", [], [3], {}, { a: [null] }];

/** The files of sentence-transformers in a folder, not those of the model and its tokenizer. */
const isRead = (file: string) =>
  /^(modules|config_sentence_transformers|.*sentence_bert_config)\.json$|^\d_.*\/config\.json$/.test(file);

/** A JSON value with each of its parts replaced, one at a time. */
function* mutants(value: unknown): Generator<unknown> {
  yield* OTHERS;
  if (!isObject(value) && !Array.isArray(value)) return;
  for (const key of Object.keys(value)) {
    for (const other of mutants((value as Record<string, unknown>)[key])) {
      yield Array.isArray(value) ? value.map((item, i) => `${i}` === key ? other : item) : { ...value, [key]: other };
    }
  }
}

for (const name of FOLDERS) {
  Deno.test(`each value of another kind in the folder ${name} is read, or refused by the name of its file`, async () => {
    const files = filesOf(GOLDEN.folders[name]!.files);
    let refused = 0;
    for (const [file, bytes] of files) {
      if (!isRead(file)) continue;
      for (const mutant of mutants(JSON.parse(new TextDecoder().decode(bytes)))) {
        const text = JSON.stringify(mutant) ?? "";
        const folder = new MemoryFolder(new Map([...files, [file, new TextEncoder().encode(text)]]));
        try {
          await readSentenceConfig(folder, { modules: await readModules(folder), width: 18 });
        } catch (error) {
          assert(error instanceof ConfigError || error instanceof CheckpointError, `${file} ${text}: ${error}`);
          refused++;
        }
      }
    }
    assert(refused > 50, `only ${refused} were refused`);
  });
}
