/** Decides what a conversion makes of a model: which weights it keeps, by which names, in which layers. */

import { quote } from "../../base/messages.ts";
import type { Checkpoint } from "../../io/checkpoint/checkpoint.ts";
import type { NarrowBertConfig } from "../../model/config/config.ts";
import { BASE, type Head } from "../../model/head.ts";
import { layerOf } from "../../model/weights/layers.ts";
import { BODY, layerPath } from "../../model/weights/published_names.ts";
import { SAVED_DTYPES, type SavedDtype, savedDtypeNamed } from "../../model/weights/saved_dtype.ts";
import { type SavedLayout, savedNames } from "../../model/weights/saved_layout.ts";
import { publishedName } from "../../model/weights/stored_names.ts";
import { resolveWeights, type Weights } from "../../model/weights/weights.ts";
import { MASKED_LM } from "../layers/masked_lm.ts";
import { headOf, HEADS } from "../registry.ts";

/** What a model is made into. */
export interface ConversionOptions {
  /** The layout of the folder. @default "narrow_bert" */
  to?: SavedLayout;
  /** Element type of the weights. @default as they are stored; F32 if they are of several types, or of F64 */
  dtype?: SavedDtype | Lowercase<SavedDtype>;
  /** How many of the layers are full; the others are narrow. @default as they are */
  full_length_layers?: number;
}

/** A weight of a conversion. */
export interface ConvertedWeight {
  /** Its name in the source. */
  readonly stored: string;
  /** Its published name in the source's layers. */
  readonly name: string;
  /** Its published name in the layers of the folder that is written. */
  readonly target: string;
  /** Its name there. */
  readonly saved: string;
}

/** A conversion that is decided, of which nothing is written. */
export interface ConversionPlan {
  readonly layout: SavedLayout;
  readonly dtype: SavedDtype;
  /** Of the folder that is written. */
  readonly config: NarrowBertConfig;
  /** The class that its config names, less `Narrow` for a BERT. */
  readonly className: string;
  readonly head: Head;
  readonly pooler: boolean;
  /** How many layers were full in the source. */
  readonly fullBefore: number;
  /** The weights of the source, in its own layers. */
  readonly source: Weights;
  readonly weights: readonly ConvertedWeight[];
  /** Names of the source's tensors that are not written: copies, and what no model uses. */
  readonly leftOut: readonly string[];
}

/**
 * Plans a conversion; nothing but names, shapes and types is read.
 *
 * @throws {CheckpointError} If the weights do not fit the config; everything wrong is listed.
 * @throws {ConfigError} If the config names no class of this library, or `full_length_layers` is none of its layers.
 * @throws {RangeError} If an option has no such value, or an ordinary BERT is asked for where layers are narrow.
 */
export function planConversion(
  checkpoint: Checkpoint,
  config: NarrowBertConfig,
  { to: layout = "narrow_bert", dtype, full_length_layers: asked }: ConversionOptions,
): ConversionPlan {
  if (!["narrow_bert", "bert"].includes(layout)) {
    throw new RangeError(`Cannot convert a model to ${quote(`${layout}`)}: it must be narrow_bert or bert`);
  }
  const names = checkpoint.names();
  const published = names.map(publishedName);
  const head = headOfWeights(config, published);
  const pooler = head.pooling === true || published.includes(`${BODY}pooler.dense.weight`);
  const source = resolveWeights(checkpoint, config, { heads: [head], pooler, known: HEADS });
  const settled = source.config;
  const { full_length_layers: fullBefore, num_hidden_layers: all } = settled;
  const target = settled.with({ full_length_layers: asked ?? fullBefore, model_type: layout });
  if (layout === "bert" && target.full_length_layers !== all) {
    throw new RangeError(
      `Cannot convert ${quote(checkpoint.location)} to a BERT: all its ${all} layers must be full, and ` +
        `${
          all - target.full_length_layers
        } are narrow, whose rows attend to the last full layer and not to the layer ` +
        `before; full_length_layers ${all} makes them full, and then the model must be trained`,
    );
  }
  const weights = source.names.flatMap((name) => {
    const moved = inLayersOf(name, settled, target);
    const stored = source.stored(name);
    return savedNames(moved, layout, target).map((saved) => ({ stored, name, target: moved, saved }));
  });
  const kept = new Set(weights.map(({ stored }) => stored));
  return {
    layout,
    dtype: savedDtypeNamed(dtype ?? storedDtype(checkpoint, kept)),
    config: target,
    className: `NarrowBert${classOf(head, settled)}`,
    head,
    pooler,
    fullBefore,
    source,
    weights,
    leftOut: names.filter((name) => !kept.has(name)),
  };
}

/** The name of a weight in a model whose layers are split elsewhere. */
function inLayersOf(name: string, from: NarrowBertConfig, to: NarrowBertConfig): string {
  const place = layerOf(name, from);
  return place === null ? name : `${layerPath(to, place.layer)}.${place.rest}`;
}

/** The head of a checkpoint: as its config says or, if that says nothing, of masked words or none, as its weights do. */
function headOfWeights(config: NarrowBertConfig, published: readonly string[]): Head {
  if (config.architectures !== null && config.architectures.length > 0) return headOf(config);
  if (published.some((name) => name.startsWith(`${MASKED_LM.prefix}.`))) return MASKED_LM;
  if (published.every((name) => name.startsWith(BODY))) return BASE;
  return headOf(config); // which says what is missing
}

/** The class of the head in front of which the config's stands: `ForMaskedLM`. */
function classOf({ classes }: Head, { architectures }: NarrowBertConfig): string {
  const named = (architectures ?? []).map((name) => name.replace(/^(Narrow)?Bert/, ""));
  // Of a model for pretraining, the next-sentence classifier is left out.
  return named.find((name) => name !== "ForPreTraining" && classes.includes(name)) ?? classes.at(-1) as string;
}

function storedDtype(checkpoint: Checkpoint, names: ReadonlySet<string>): SavedDtype {
  const dtypes = new Set([...names].map((name) => checkpoint.info(name).dtype));
  const [only, ...others] = [...dtypes];
  return SAVED_DTYPES.find((dtype) => dtype === only && others.length === 0) ?? "F32";
}
