/** The layouts in which models are saved: NarrowBERT's, and BERT's. */

import type { SavedDtype } from "./saved_dtype.ts";
import type { NarrowBertConfig } from "../config/config.ts";
import { isOrdinary } from "../config/halves.ts";
import { layerOf } from "./layers.ts";
import { BODY, DECODER_BIAS, layerPath, LOGIT_BIAS } from "./published_names.ts";

/**
 * How a folder names a model and its weights: `narrow_bert` as NarrowBERT's are published, in two lists of layers; `bert`
 * as transformers' BERT, in one.
 */
export type SavedLayout = "narrow_bert" | "bert";

/** The layout of a model's own: an ordinary BERT, whose layers are all full, stays one. */
export function layoutOf(config: NarrowBertConfig): SavedLayout {
  return config.model_type === "bert" && isOrdinary(config) ? "bert" : "narrow_bert";
}

/** The class of a layout for a class of this library: `BertForMaskedLM` for `NarrowBertForMaskedLM`. */
export function savedClass(className: string, layout: SavedLayout): string {
  return layout === "bert" ? className.replace(/^NarrowBert/, "Bert") : className;
}

/** The names of a weight in a layout, under each of which it is saved. @param config Says which of the layers are full where the name is from. */
export function savedNames(name: string, layout: SavedLayout, config: NarrowBertConfig): string[] {
  if (layout === "bert" && name === LOGIT_BIAS && !config.tie_word_embeddings) return [LOGIT_BIAS, DECODER_BIAS];
  if (layout === "narrow_bert" || !name.startsWith(BODY)) return [name];
  const place = layerOf(name, config);
  const own = place === null ? name : `${layerPath({ full_length_layers: Infinity }, place.layer)}.${place.rest}`;
  return [`bert.${own.slice(BODY.length)}`];
}

/** The text of a config.json in a layout. */
export function savedConfigText(
  config: NarrowBertConfig,
  { className, dtype, layout }: { className: string; dtype: SavedDtype; layout: SavedLayout },
): string {
  const type = TORCH_DTYPES[dtype];
  const json = config.to_json();
  // Newer versions of transformers read `dtype`, older ones `torch_dtype`.
  const types = { torch_dtype: type, ...("dtype" in json && { dtype: type }) };
  const architectures = [savedClass(className, layout)];
  const saved: Record<string, unknown> = { ...json, architectures, model_type: layout, ...types };
  if (layout === "bert") delete saved["full_length_layers"];
  return JSON.stringify(saved, null, 2) + "\n";
}

/** What PyTorch calls the element types. */
const TORCH_DTYPES: Readonly<Record<SavedDtype, string>> = { F32: "float32", F16: "float16", BF16: "bfloat16" };
