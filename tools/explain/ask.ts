/** Loads a model for one call about some texts, of the class that its config names or of another. */

import { headOf } from "../../src/heads/registry.ts";
import { NarrowBertForMaskedLM } from "../../src/heads/masked_lm.ts";
import { NarrowBertForMultipleChoice } from "../../src/heads/multiple_choice.ts";
import { NarrowBertForSequenceClassification } from "../../src/heads/sequence_classification.ts";
import { NarrowBertForTokenClassification } from "../../src/heads/token_classification.ts";
import { NarrowBertModel } from "../../src/heads/narrow_bert_model.ts";
import type { ModelInputs } from "../../src/model/batch/inputs.ts";
import { NarrowBertConfig } from "../../src/model/config/config.ts";
import type { ForwardOptions } from "../../src/model/forward_options.ts";
import { BASE, type ModelHead } from "../../src/model/head.ts";
import type { LoadOptions } from "../../src/model/model_options.ts";
import type { BertTokenizer } from "../../src/text/bert_tokenizer.ts";
import { NarrowBertTokenizerFast } from "../../src/text/tokenizer.ts";

type Call = (inputs: ModelInputs, options: ForwardOptions) => Promise<unknown>;

/** A loaded model. */
interface Loaded {
  readonly model: Disposable;
  /** Runs it on encoded texts. */
  readonly call: Call;
}

/** A model and what it is asked. */
export interface Question extends Disposable {
  /** Makes the call. */
  ask(): Promise<void>;
}

/** Words that are looked up for each mask, so that softmax and top-k run too. */
const TOP = 5;

/** How each class is loaded and called, by its name on the command line. */
const CLASSES = {
  base: async (folder: string | URL, options: LoadOptions) =>
    forwarded(await NarrowBertModel.from_pretrained(folder, { ...options, add_pooling_layer: false })),
  masked_lm: async (folder: string | URL, options: LoadOptions): Promise<Loaded> => {
    const model = await NarrowBertForMaskedLM.from_pretrained(folder, options);
    return { model, call: (inputs, options) => model.top_k(inputs, TOP, options) };
  },
  sequence_classification: async (folder: string | URL, options: LoadOptions) =>
    forwarded(await NarrowBertForSequenceClassification.from_pretrained(folder, options)),
  token_classification: async (folder: string | URL, options: LoadOptions) =>
    forwarded(await NarrowBertForTokenClassification.from_pretrained(folder, options)),
  multiple_choice: async (folder: string | URL, options: LoadOptions) =>
    forwarded(await NarrowBertForMultipleChoice.from_pretrained(folder, options)),
};

/** Names of classes. */
export type ClassName = keyof typeof CLASSES;

/** All of them. */
export const CLASS_NAMES = Object.keys(CLASSES) as ClassName[];

/** What {@linkcode openQuestion} takes. */
export interface Asking {
  model: string | URL;
  /** One batch; of a multiple choice, the choices. */
  texts: readonly string[];
  /** By default the class that the config names. */
  className?: ClassName | undefined;
  narrow?: ForwardOptions["narrow"] | undefined;
  dtype?: "f32" | "f16" | undefined;
}

/** Loads a model and its tokenizer. The narrow rows are the masks; in a text without masks, all its tokens. */
export async function openQuestion({ model: folder, texts, className, narrow, dtype }: Asking): Promise<Question> {
  const name = className ?? classOf(await NarrowBertConfig.from_pretrained(folder));
  const tokenizer = await NarrowBertTokenizerFast.from_pretrained(folder);
  const inputs = inputsOf(tokenizer, texts, name);
  const { model, call } = await CLASSES[name](folder, { ...(dtype && { dtype }) });
  return {
    ask: async () => void await call(inputs, { ...(narrow && { narrow }) }),
    [Symbol.dispose]: () => model[Symbol.dispose](),
  };
}

function classOf(config: NarrowBertConfig): ClassName {
  return classNamed(headOf(config));
}

/** The class of a head. @throws {Error} If it has no row in the table above. */
export function classNamed({ name }: ModelHead): ClassName {
  const wanted = name === BASE.name ? "base" : name;
  const found = CLASS_NAMES.find((one) => one === wanted);
  if (found !== undefined) return found;
  throw new Error(`Cannot explain a model of head "${name}": tools/explain/ask.ts has no row for it; add one`);
}

function inputsOf(tokenizer: BertTokenizer, texts: readonly string[], className: ClassName): ModelInputs {
  const { input_ids, attention_mask, token_type_ids } = tokenizer.batch_encode_plus(texts, { padding: true });
  if (className === "multiple_choice") {
    return { input_ids: [input_ids], attention_mask: [attention_mask], token_type_ids: [token_type_ids] };
  }
  const encoded = { input_ids, attention_mask, token_type_ids };
  if (className === "sequence_classification") return encoded;
  const mask = tokenizer.mask_token_id ?? -1;
  const narrow_mask = input_ids.map((ids, i) =>
    ids.includes(mask) ? ids.map((id) => id === mask ? 1 : 0) : attention_mask[i] as number[]
  );
  return { ...encoded, narrow_mask };
}

function forwarded(model: Disposable & { forward: Call }): Loaded {
  return { model, call: (inputs, options) => model.forward(inputs, options) };
}
