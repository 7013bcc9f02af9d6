/** All heads. A new one is its object in `layers/`, a class beside this file, and a line here. */

import { ConfigError } from "../base/errors.ts";
import { quoted } from "../base/messages.ts";
import type { NarrowBertConfig } from "../model/config/config.ts";
import { BASE, type Head, type ModelHead } from "../model/head.ts";
import { MASKED_LM } from "./layers/masked_lm.ts";
import { MULTIPLE_CHOICE, SEQUENCE_CLASSIFICATION } from "./layers/pooled_classifier.ts";
import { TOKEN_CLASSIFICATION } from "./layers/token_classifier.ts";

/** Every head; the base model has none. */
export const HEADS: readonly Head[] = [BASE, MASKED_LM, SEQUENCE_CLASSIFICATION, MULTIPLE_CHOICE, TOKEN_CLASSIFICATION];

/** The head with its weights that a class names. @throws {TypeError} If it is none of this library's. */
export function registeredHead(head: ModelHead): Head {
  const found = HEADS.find((one) => one === head);
  if (found === undefined) throw new TypeError("Cannot make a model: its class must have a head of this library");
  return found;
}

/** The head that a config's `architectures` name first; null if they name no class of this library. */
export function namedHead({ architectures }: Pick<NarrowBertConfig, "architectures">): Head | null {
  for (const name of architectures ?? []) {
    const rest = /^(?:Narrow)?Bert(.+)$/.exec(name)?.[1] ?? "";
    const head = HEADS.find(({ classes }) => classes.includes(rest));
    if (head !== undefined) return head;
  }
  return null;
}

/** The classes of one head or of all, as messages list them: `(Narrow)BertModel`. */
export function classNames(heads: readonly ModelHead[] = HEADS): string {
  return heads.flatMap(({ classes }) => classes.map((rest) => `(Narrow)Bert${rest}`)).join(", ");
}

/**
 * The head that a checkpoint was saved with, by the first known class in its config's `architectures`.
 *
 * @throws {ConfigError} If `architectures` is missing or names no class of this library.
 */
export function headOf({ architectures }: Pick<NarrowBertConfig, "architectures">): Head {
  const head = namedHead({ architectures });
  if (head !== null) return head;
  const found = architectures === null || architectures.length === 0 ? "nothing" : quoted(architectures);
  throw new ConfigError(
    `Cannot tell which class a checkpoint was saved from: architectures in its config must name one of ` +
      `${classNames()}, got ${found}. Load it with the class you want, for instance NarrowBertModel.from_pretrained`,
  );
}
