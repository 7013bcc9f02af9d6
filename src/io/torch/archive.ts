/** The records of a PyTorch checkpoint: a pickle, and a record for each storage. */

import { quote } from "../../base/messages.ts";
import type { FileBytes } from "../folder/file_bytes.ts";
import { checkIsZip, conversion } from "./file_kind.ts";
import { Refusal } from "./refusal.ts";
import { readRecords, type ZipRecord } from "./zip/records.ts";

/** Most bytes of the pickle. That of a model with ten thousand tensors has 2 MB. */
const MAX_PICKLE = 2 ** 28;

/** Versions of the layout. PyTorch reads 1 to 10, and writes 3. */
const VERSIONS = { least: 1, most: 10 };

/** A checkpoint's archive, its checksums verified. */
export interface TorchArchive {
  /** The pickle, which says what the storages are. */
  readonly pickle: Uint8Array;
  /** Where the bytes of a storage lie in the file; `undefined` if there is none of this key. */
  storage(key: string): ZipRecord | undefined;
}

/**
 * Opens a checkpoint as PyTorch has written it since 1.6.
 *
 * @throws {Refusal} If it is something else, or a damaged one.
 */
export async function openArchive(file: FileBytes): Promise<TorchArchive> {
  checkIsZip(file);
  const records = await readRecords(file);
  const folder = folderOf([...records.keys()]);
  const text = (name: string) => {
    const record = records.get(folder + name);
    if (record === undefined) return undefined;
    return new TextDecoder("latin1").decode(file.read(record.begin, Math.min(record.end, record.begin + 64)));
  };
  if (records.has(`${folder}constants.pkl`)) {
    const cure = conversion("torch.jit.load(p, map_location='cpu').state_dict()");
    throw new Refusal("format", `it is a TorchScript archive, a program with its weights; ${cure}`);
  }
  const order = text("byteorder") ?? "little";
  if (order !== "little") throw new Refusal("format", `its byte order must be little, got ${quote(order)}`);
  const version = text("version") ?? `${VERSIONS.least}`;
  if (!/^\d{1,9}\s*$/.test(version) || Number(version) < VERSIONS.least || Number(version) > VERSIONS.most) {
    throw new Refusal(
      "format",
      `its version must be a number from ${VERSIONS.least} to ${VERSIONS.most}, got ${quote(version)}`,
    );
  }
  const { begin, end } = records.get(`${folder}data.pkl`) as ZipRecord;
  if (end - begin > MAX_PICKLE) {
    throw new Refusal("too_large", `its pickle must have at most ${MAX_PICKLE} bytes, got ${end - begin}`);
  }
  return { pickle: file.read(begin, end), storage: (key) => records.get(`${folder}data/${key}`) };
}

/** The folder of the archive that holds its pickle, with a slash at its end. */
function folderOf(names: readonly string[]): string {
  const pickles = names.filter((name) => /^[^/]*\/data\.pkl$/.test(name));
  const [pickle] = pickles;
  if (pickle !== undefined && pickles.length === 1) return pickle.slice(0, -"data.pkl".length);
  if (names.length === 0) throw new Refusal("bad_zip", "it is an empty zip file");
  throw new Refusal(
    "format",
    pickle === undefined
      ? `it must be a checkpoint of PyTorch, with a record archive/data.pkl, and is another zip file, with ` +
        names.slice(0, 3).map(quote).join(", ")
      : `it must have one record data.pkl, got ${pickles.slice(0, 3).map(quote).join(" and ")}`,
  );
}
