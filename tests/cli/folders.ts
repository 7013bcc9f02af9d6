/** Folders of files for tests of the command line. */

import { dirname } from "node:path";
import { type PipelineCase, pipelineModel } from "../golden/pipelines/pipeline_case.ts";

/** A folder that is removed at the end of a block. */
export interface TemporaryFolder extends AsyncDisposable {
  /** Its path, without a slash at the end. */
  readonly path: string;
}

/** A temporary folder with the given files, whose names may begin with folders' names. */
export async function folderOf(
  files: Readonly<Record<string, string | Uint8Array>> | ReadonlyMap<string, Uint8Array>,
): Promise<TemporaryFolder> {
  const path = await Deno.makeTempDir({ prefix: "narrowbert cli " });
  for (const [name, data] of files instanceof Map ? files : Object.entries(files)) {
    const bytes: Uint8Array = typeof data === "string" ? new TextEncoder().encode(data) : data;
    await Deno.mkdir(dirname(`${path}/${name}`), { recursive: true });
    await Deno.writeFile(`${path}/${name}`, bytes);
  }
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}

/** The tiny models of the golden pipeline cases, and one of multiple choice made of the one with one label. */
export type SmallModel = PipelineCase["model"] | "choice";

/** The files of one of them and of its tokenizer. */
export async function smallModelFiles(name: SmallModel): Promise<Map<string, Uint8Array>> {
  if (name !== "choice") return await pipelineModel(name);
  const files = await pipelineModel("one-label");
  const config = JSON.parse(new TextDecoder().decode(files.get("config.json")));
  const choice = { ...config, architectures: ["BertForMultipleChoice"] };
  return files.set("config.json", new TextEncoder().encode(JSON.stringify(choice)));
}

/** A temporary folder with one of them. */
export async function smallModel(name: SmallModel): Promise<TemporaryFolder> {
  return await folderOf(await smallModelFiles(name));
}
