/** `narrowbert download`: a model of the Hub into its cache. */

import { openCheckpoint, WEIGHT_NAMES } from "../../io/checkpoint/open.ts";
import type { ModelFolder, ProgressCallback } from "../../io/folder/folder.ts";
import { readFile } from "../../io/folder/model_folder.ts";
import { ProgressReporter } from "../../io/folder/progress.ts";
import { idProblem } from "../../io/hub/names.ts";
import { openHubRepository } from "../../io/local/hub/hub_folder.ts";
import { locateTransformer, readModules } from "../../heads/sentence/modules.ts";
import { sentenceFiles } from "../../heads/sentence/stored_files.ts";
import { findTokenizerFiles, TOKENIZER_CHOICES } from "../../text/files/files.ts";
import { defineCommand } from "../command.ts";
import { flag, UsageError, value } from "../options.ts";
import { ProgressBar } from "../outputs/progress.ts";
import { sizeText } from "../outputs/sizes.ts";
import { json, table } from "../outputs/table.ts";
import { CACHE_DIR } from "./cache_dir.ts";

/** The command. */
export const download = defineCommand({
  name: "download",
  positionals: "ID",
  about: `\
Downloads a model of the Hugging Face Hub into the cache that Python's libraries use too, so that it
loads without a network afterwards: config, weights and tokenizer, or with --all every file. What is
there is not downloaded again, but the Hub is asked which commit the revision is now. Prints the
folder. The token is that of HF_TOKEN, or of "hf auth login".
As JSON: { id, revision, commit, path, files, bytes }.`,
  options: {
    revision: value("REV", "branch, tag or commit (main)"),
    all: flag("download every file of the repository"),
    "cache-dir": CACHE_DIR,
    json: flag("print JSON"),
  },
  examples: ["narrowbert download bert-base-uncased", "narrowbert download org/model --revision v1.0 --json"],
  async run({ values: { revision = "main", all, "cache-dir": cache_dir, ...values }, positionals }, terminal) {
    const id = idOf(positionals);
    const { signal } = terminal;
    const bar = new ProgressBar(terminal, null);
    const sizes = new Map<string, number>();
    const onProgress: ProgressCallback = (info) => {
      if (info.status === "progress") sizes.set(info.file, info.loaded);
      bar.loading(info);
    };
    const progress = new ProgressReporter(id, onProgress);
    const options = { revision, cache_dir, refresh: true, subfolder: "", progress, signal };
    const repository = await openHubRepository(id, options);
    if (all) await repository.fetchAll();
    else await fetchModel(repository.folder);
    const bytes = [...sizes.values()].reduce((sum, size) => sum + size, 0);
    const { commit, path } = repository;
    await terminal.write(
      values.json
        ? json({ id, revision, commit, path, files: [...sizes.keys()].sort(), bytes })
        : table([["folder", `${path}`], ["commit", `${commit}`], ["files", `${sizes.size}, ${sizeText(bytes)}`]]),
    );
  },
});

function idOf(positionals: readonly string[]): string {
  const [id, ...more] = positionals;
  if (id === undefined || more.length > 0) {
    throw new UsageError(`download takes the id of one model, got ${id === undefined ? "none" : positionals.length}`);
  }
  const problem = idProblem(id);
  if (problem === null) return id;
  throw new UsageError(`download takes the id of a model, as owner/name, got "${id}": ${problem}`);
}

/** Brings all files into the cache that a load may ask for, and reads the heads of the weights. */
async function fetchModel(folder: ModelFolder): Promise<void> {
  const modules = await readModules(folder);
  const model = await locateTransformer(folder);
  await readFile(model, "config.json");
  model.prepare?.([WEIGHT_NAMES, ...TOKENIZER_CHOICES]);
  await findTokenizerFiles(model);
  await openCheckpoint(model);
  await sentenceFiles(folder, modules);
}
