/**
 * Files of this machine: all that needs Deno. Nothing but the command line and the server imports this folder statically:
 * `localFiles` of `src/io/folder/on_disk.ts` loads it when a path is given.
 */

export { writeAtomically } from "./atomic_write.ts";
export { LOCAL } from "./file_system.ts";
export { beginHash } from "./hash.ts";
export { openLocalFile, readWhole } from "./local_file.ts";
export { openNamedFolder } from "./named_folder.ts";
export { checkNewFolder, writeNewFolder } from "./new_folder.ts";
export { pathOf } from "./paths.ts";
export { writeFiles } from "./saving.ts";
export * as tunings from "./tuning_store.ts";
export { openFileRanges } from "./file_ranges.ts";
