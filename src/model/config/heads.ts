/** Which head a checkpoint holds. */

import { ConfigError } from "../../base/errors.ts";
import { quoted } from "../../base/messages.ts";

/** What stands on the encoder; `none` for the base model. */
export type Head = "none" | "masked_lm" | "sequence_classification" | "multiple_choice" | "token_classification";

/** Heads by the class names of Hugging Face, less the `NarrowBert` or `Bert` in front. */
const HEADS: ReadonlyMap<string, Head> = new Map([
  ["Model", "none"],
  ["ForPreTraining", "masked_lm"],
  ["ForMaskedLM", "masked_lm"],
  ["ForSequenceClassification", "sequence_classification"],
  ["ForMultipleChoice", "multiple_choice"],
  ["ForTokenClassification", "token_classification"],
]);

/**
 * The head that a checkpoint was saved with, by the first known class in its config's `architectures`.
 * `BertForPreTraining`, which has a next-sentence classifier too, counts as a masked language model.
 *
 * @throws {ConfigError} Where `architectures` is missing or names no class of ours.
 */
export function headOf({ architectures }: { readonly architectures: readonly string[] | null }): Head {
  for (const name of architectures ?? []) {
    const head = HEADS.get(/^(?:Narrow)?Bert(.+)$/.exec(name)?.[1] ?? "");
    if (head !== undefined) return head;
  }
  const found = architectures === null || architectures.length === 0 ? "nothing" : quoted(architectures);
  throw new ConfigError(
    `Cannot tell which class a checkpoint was saved from: architectures in its config must name one of ` +
      `${[...HEADS.keys()].map((rest) => `(Narrow)Bert${rest}`).join(", ")}, got ${found}. ` +
      "Load it with the class you want, for instance NarrowBertModel.from_pretrained",
  );
}
