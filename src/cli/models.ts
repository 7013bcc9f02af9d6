/** The options by which commands name a model. */

import type { OpenFolderOptions } from "../io/folder/folder.ts";
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
