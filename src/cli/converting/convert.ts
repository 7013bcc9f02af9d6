/** `narrowbert convert`: a model's folder in another layout, element type or split of layers. */

import { type Conversion, convert as convertModel } from "../../heads/conversion/convert.ts";
import { SAVED_DTYPES } from "../../model/weights/saved_dtype.ts";
import { savedClass, type SavedLayout } from "../../model/weights/saved_layout.ts";
import { defineCommand } from "../command.ts";
import { loadingOf, MODEL_OPTIONS } from "../models.ts";
import { choice, count, flag, UsageError } from "../options.ts";
import { json, type Row, table } from "../outputs/table.ts";

/** The command. */
export const convert = defineCommand({
  name: "convert",
  positionals: "SOURCE OUT",
  about: `\
Writes the model SOURCE (a folder, a URL or an id on the Hugging Face Hub), of any published layout,
into the new folder OUT: as a NarrowBERT or, with --to bert, as a BERT that transformers loads.
Tokenizer and pooling go along unchanged. --full-length-layers makes later layers of an ordinary
BERT narrow, or narrow ones full; then the model must be trained. No GPU is needed. OUT is read back
and compared with SOURCE before it gets its name; until then it is OUT.unfinished. Both need
--allow-write. Says which names of weights were kept, renamed and left out. As JSON, which has all:
{ source, output, class, layers, dtype, bytes, kept, renamed, left_out, files, must_train }.`,
  options: {
    revision: MODEL_OPTIONS.revision,
    "local-files-only": MODEL_OPTIONS["local-files-only"],
    to: choice<SavedLayout>(["narrow_bert", "bert"], "layout of OUT; by default narrow_bert"),
    dtype: choice(
      SAVED_DTYPES.map((dtype) => dtype.toLowerCase() as Lowercase<typeof dtype>),
      "element type of the weights; by default as they are stored, or f32 if they are of several types",
    ),
    "full-length-layers": count("how many of the layers are full, the others narrow; by default as they are", {
      from: 0,
    }),
    json: flag("print JSON"),
  },
  examples: [
    "narrowbert convert models/bert models/narrow --full-length-layers 2",
    "narrowbert convert models/mine models/bert --to bert --dtype f16",
  ],
  async run({ values, positionals }, terminal) {
    const [source, output, ...others] = positionals;
    if (source === undefined || output === undefined || others.length > 0) {
      throw new UsageError(`convert takes SOURCE and OUT, got ${positionals.length} arguments`);
    }
    const { to, dtype, "full-length-layers": full } = values;
    const done = await convertModel(source, output, {
      ...(to && { to }),
      ...(dtype && { dtype }),
      ...(full !== undefined && { full_length_layers: full }),
      ...loadingOf(values, terminal),
    });
    const description = describe(source, output, done);
    await terminal.write(values.json ? json(description) : table(rows(description)));
  },
});

function describe(source: string, output: string, { plan, along }: Conversion) {
  const { config, fullBefore, weights, source: { shape } } = plan;
  const { num_hidden_layers: all, full_length_layers: full } = config;
  const elements = weights.reduce((sum, { name }) => sum + shape(name).reduce((product, size) => product * size, 1), 0);
  return {
    source,
    output,
    class: savedClass(plan.className, plan.layout),
    layers: { full, narrow: all - full },
    dtype: plan.dtype,
    bytes: elements * (plan.dtype === "F32" ? 4 : 2),
    kept: weights.filter(({ stored, saved }) => stored === saved).map(({ saved }) => saved),
    renamed: Object.fromEntries(
      weights.filter(({ stored, saved }) => stored !== saved).map(({ stored, saved }) => [stored, saved]),
    ),
    left_out: plan.leftOut,
    files: along,
    must_train: full !== fullBefore,
  };
}

type Description = ReturnType<typeof describe>;

function rows(done: Description): Row[] {
  const { layers, kept, renamed, left_out, must_train } = done;
  const names = Object.entries(renamed);
  const [example] = names;
  return [
    ["written", `${done.output}, read back and compared with ${done.source}`],
    ["class", done.class],
    ["layers", `${layers.full} full, ${layers.narrow} narrow`],
    ["weights", `${kept.length + names.length} in ${done.dtype}, ${(done.bytes / 2 ** 20).toFixed(1)} MiB`],
    ["names kept", `${kept.length}`],
    ["renamed", example ? `${names.length}, such as ${example[0]} to ${example[1]}` : "0"],
    ["left out", left_out.join(", ") || "nothing"],
    ["along", done.files.join(", ") || "no files: there is no tokenizer"],
    ...(must_train
      ? [
        [
          "to do",
          "train it: it learned with other layers narrow, and its answers are worse until then",
        ] as Row,
      ]
      : []),
  ];
}
