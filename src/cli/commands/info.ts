/** `narrowbert info`: what is in a model's folder, without running it. */

import { elementCount } from "../../base/shape.ts";
import { openCheckpoint } from "../../io/checkpoint/open.ts";
import { openFolder, type OpenFolderOptions } from "../../io/folder/folder.ts";
import { readConfig } from "../../model/config/config.ts";
import { headOf, HEADS } from "../../heads/registry.ts";
import { locateTransformer } from "../../heads/sentence/modules.ts";
import { hasPooler } from "../../model/head.ts";
import { resolveWeights } from "../../model/weights/weights.ts";
import { TASKS } from "../../pipelines/task_table.ts";
import { BertTokenizer } from "../../text/bert_tokenizer.ts";
import { findTokenizerFiles } from "../../text/files/files.ts";
import { defineCommand } from "../command.ts";
import { loadingOf, MODEL_OPTIONS } from "../models.ts";
import { flag } from "../options.ts";
import { json, table } from "../outputs/table.ts";

/** Bytes of a weight on the GPU: it is f32 there, however it is stored. */
const BYTES_PER_WEIGHT = 4;

/** The command. */
export const info = defineCommand({
  name: "info",
  about: `\
Describes the model of a folder, without a GPU. Without --model, the shipped model of fill-mask.
As JSON: { model, architecture, files, parameters, gpu_bytes, layers, tensors, tokenizer, warnings, config }.`,
  options: {
    ...MODEL_OPTIONS,
    json: flag("print JSON"),
  },
  examples: ["narrowbert info", "narrowbert info --model examples/models/wordnet/topic --json"],
  async run({ values }, terminal) {
    const description = await describe(values.model ?? TASKS["fill-mask"].defaultModel, loadingOf(values, terminal));
    await terminal.write(values.json ? json(description) : table(rows(description)));
  },
});

type Description = Awaited<ReturnType<typeof describe>>;

/** Reads a model's files and checks them as loading would, up to the GPU. */
async function describe(source: string | URL, options: OpenFolderOptions) {
  const root = await openFolder(source, options);
  const folder = await locateTransformer(root);
  const stored = await readConfig(folder);
  const checkpoint = await openCheckpoint(folder);
  const head = headOf(stored);
  const add_pooling_layer = checkpoint.names().some((name) => name.endsWith("pooler.dense.weight"));
  const parts = { heads: [head], pooler: hasPooler(head, { add_pooling_layer }), known: HEADS };
  const { config, names, shape, warnings } = resolveWeights(checkpoint, stored, parts);
  const parameters = names.reduce((sum, name) => sum + elementCount(shape(name)), 0);
  const tensors: Record<string, number> = {};
  for (const name of checkpoint.names()) {
    const { dtype } = checkpoint.info(name);
    tensors[dtype] = (tensors[dtype] ?? 0) + 1;
  }
  const files = await findTokenizerFiles(folder, stored.to_json());
  const tokenizer = files && new BertTokenizer(files);
  const { full_length_layers: full, num_hidden_layers: all } = config;
  return {
    model: folder.location,
    architecture: stored.architectures?.[0],
    files: checkpoint.files,
    parameters,
    gpu_bytes: parameters * BYTES_PER_WEIGHT,
    layers: { full, narrow: all - full },
    tensors,
    tokenizer: tokenizer && {
      vocab_size: tokenizer.vocab_size,
      model_max_length: tokenizer.model_max_length,
      mask_token: tokenizer.mask_token,
    },
    warnings,
    config: config.to_json(),
  };
}

function rows(
  { model, architecture, files, parameters, gpu_bytes, layers, tensors, tokenizer, warnings, config }: Description,
) {
  const size = (bytes: number) => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
  return [
    ["model", model],
    ["architecture", `${architecture}`],
    ["files", files.join(", ")],
    ["parameters", parameters.toLocaleString("en")],
    ["GPU memory", `${size(gpu_bytes)} of f32 weights, besides what a batch needs`],
    ["layers", `${layers.full} full, ${layers.narrow} narrow`],
    ["tensors", Object.entries(tensors).map(([dtype, count]) => `${count} ${dtype}`).join(", ")],
    [
      "tokenizer",
      tokenizer
        ? `${tokenizer.vocab_size} word pieces, ${
          tokenizer.mask_token === undefined ? "no mask" : `mask ${tokenizer.mask_token}`
        }`
        : "none",
    ],
    ...warnings.map((warning) => ["warning", warning]),
    ...Object.entries(config).map(([key, value]) => [key, typeof value === "string" ? value : JSON.stringify(value)]),
  ];
}
