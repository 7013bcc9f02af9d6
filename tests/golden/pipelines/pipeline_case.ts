/**
 * What transformers 4.26.1's pipelines answer with five tiny random models (`cases.json`). The models were run with the
 * tokenizer of the shipped models, whose files are therefore not kept twice.
 */

const FOLDER = new URL("./", import.meta.url);
const TOKENIZER = new URL("../../../examples/models/wordnet/mlm/", import.meta.url);

/** One call and its answer. */
export interface PipelineCase {
  task: string;
  /** Name of a folder in `models/`. */
  model: "mlm" | "multi-label" | "ner" | "nli" | "one-label";
  input: unknown;
  /** Candidate labels, of zero-shot classification. */
  labels?: string[];
  options: Record<string, unknown>;
  output: unknown;
}

/** The cases of a task. */
export async function pipelineCases(task: string): Promise<PipelineCase[]> {
  const { cases } = JSON.parse(await Deno.readTextFile(new URL("cases.json", FOLDER))) as { cases: PipelineCase[] };
  return cases.filter((example) => example.task === task);
}

/** The files of a case's model with its tokenizer, as a pipeline takes them. */
export async function pipelineModel(name: PipelineCase["model"]): Promise<Map<string, Uint8Array>> {
  const model = new URL(`models/${name}/`, FOLDER);
  const urls = [
    ...["config.json", "model.safetensors"].map((file) => new URL(file, model)),
    ...["tokenizer.json", "tokenizer_config.json"].map((file) => new URL(file, TOKENIZER)),
  ];
  return new Map(
    await Promise.all(urls.map(async (url) => [url.pathname.split("/").at(-1)!, await Deno.readFile(url)] as const)),
  );
}
