/** The cases of `tests/fixtures/pickles/`, whose README says what is in it. */

import { brotliDecompressSync } from "node:zlib";
import { concatenate } from "../../../src/io/folder/file_bytes.ts";
import { parseSafetensors, type SafetensorsTensor } from "../../../src/io/safetensors/safetensors.ts";

/** A file with its size and hash. */
interface FileFacts {
  file: string;
  bytes: number;
  sha256: string;
}

/** What `manifest.json` says of a case. */
export interface PickleCase extends FileFacts {
  name: string;
  what: string;
  ours: "accept" | "reject" | "either";
  reason?: string;
  also?: string[];
  mentions?: string[];
  tensors?: number;
  twin?: FileFacts;
  golden?: string;
  shards?: FileFacts[];
}

const FOLDER = new URL("../../fixtures/pickles/", import.meta.url);
const GOLDENS = new URL("../../golden/models/", import.meta.url);

const readJson = (name: string) => JSON.parse(Deno.readTextFileSync(new URL(name, FOLDER)));

const unpack = (name: string) => new Uint8Array(brotliDecompressSync(Deno.readFileSync(new URL(name, FOLDER))));

/** All cases. */
export const PICKLES: readonly PickleCase[] = readJson("manifest.json").cases;

const FILES = new Map<string, Uint8Array>();

cut("files.br", PICKLES.filter(({ file }) => file.startsWith("files/")));
cut("twins.br", PICKLES.flatMap(({ twin }) => twin ?? []));
joinModels();

function cut(archive: string, facts: readonly FileFacts[]): void {
  const whole = unpack(archive);
  let at = 0;
  for (const { file, bytes } of facts) FILES.set(file, whole.slice(at, at += bytes));
  if (at !== whole.length) throw new Error(`${archive} has ${whole.length} bytes, and the manifest says ${at}`);
}

function joinModels(): void {
  const literals = unpack("models.br");
  let at = 0;
  type Part = number | [file: string, begin: number, end: number];
  for (const [file, parts] of Object.entries(readJson("models.json") as Record<string, Part[]>)) {
    const bytes = parts.map((part) => {
      if (typeof part === "number") return literals.subarray(at, at += part);
      return Deno.readFileSync(new URL(part[0], GOLDENS)).subarray(part[1], part[2]);
    });
    FILES.set(file, concatenate(bytes));
  }
}

/** The bytes of a file of the fixtures, in memory of their own. */
export function pickleFile(name: string): Uint8Array {
  const bytes = FILES.get(name);
  if (bytes === undefined) throw new Error(`there is no ${name} in tests/fixtures/pickles`);
  return bytes;
}

/** The files of a case that hold tensors: one, or its shards. */
export function filesOf({ file, bytes, sha256, shards }: PickleCase): readonly FileFacts[] {
  return shards ?? [{ file, bytes, sha256 }];
}

/** The tensors that must come out of a case: those of its golden model and of its twin. */
export function expectedTensors({ golden, twin }: PickleCase): Map<string, SafetensorsTensor> {
  const files = twin === undefined ? [] : [pickleFile(twin.file)];
  if (golden !== undefined) {
    const folder = new URL(`${golden}/`, GOLDENS);
    const names = [...Deno.readDirSync(folder)].map(({ name }) => name).filter((name) => name.endsWith(".safetensors"));
    files.push(...names.map((name) => Deno.readFileSync(new URL(name, folder))));
  }
  return new Map(files.flatMap((bytes) => [...parseSafetensors(bytes)]));
}

/** The files of a case in `models/` by name, with its config, as a folder in memory. */
export function modelFolder({ file, golden }: PickleCase): Map<string, Uint8Array> {
  const prefix = file.slice(0, file.lastIndexOf("/") + 1);
  const files = [...FILES].filter(([name]) => name.startsWith(prefix));
  const config = Deno.readFileSync(new URL(`${golden}/config.json`, GOLDENS));
  return new Map([
    ["config.json", config],
    ...files.map(([name, bytes]) => [name.slice(prefix.length), bytes] as const),
  ]);
}
