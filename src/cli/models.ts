/** The options by which commands name a model. */

import type { OpenFolderOptions } from "../io/folder/folder.ts";
import { ProgressBar } from "./outputs/progress.ts";
import type { Terminal } from "./outputs/terminal.ts";
import { flag, type Options, value, type Values } from "./options.ts";

/** How a model is written on the command line. */
export const MODEL = "PATH|ID|URL";

/** Options of every command that loads a model. */
export const MODEL_OPTIONS = {
  model: value(MODEL, "folder of the model, or its id on the Hugging Face Hub"),
  revision: value("REV", "branch, tag or commit of a model on the Hub (main)"),
  "local-files-only": flag("do not ask the Hub: take what its cache has"),
} satisfies Options;

/** The model that an option names, and how it is opened. */
export type ModelValues = Partial<Values<Omit<typeof MODEL_OPTIONS, "model">>>;

/** How the model of a command is opened. */
export function openingOf({ revision, "local-files-only": local_files_only }: ModelValues): OpenFolderOptions {
  return { ...(revision !== undefined && { revision }), ...(local_files_only && { local_files_only }) };
}

/** The same for a command that shows nothing else meanwhile: a bar tells how a download goes. */
export function loadingOf(values: ModelValues, terminal: Terminal): OpenFolderOptions {
  const bar = new ProgressBar(terminal, null);
  return { ...openingOf(values), signal: terminal.signal, progress_callback: (info) => bar.loading(info) };
}
