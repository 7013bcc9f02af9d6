/** Parts of the bodies of several routes. */

import { z } from "../deps.ts";
import { empty } from "../http/errors.ts";
import type { Call } from "../http/call.ts";

/** The name of the model that is asked. */
export const model = z.string().nullish().openapi({
  description: "Served name of the model; needed if there are several",
  example: "mlm",
});

/** Whether and where texts are cut. */
export const cutting = {
  truncate: z.boolean().nullish().openapi({ description: "Cut texts that are too long. Default: as the server says" }),
  truncation_direction: z.string().nullish().refine(
    (side) => side === null || side === undefined || ["left", "right"].includes(side.toLowerCase()),
    { error: "it must be Left or Right" },
  ).openapi({ description: "The end that is cut: `Left` or `Right`", example: "Right" }),
};

/** A prompt of the model's files. */
export const prompt_name = z.string().nullish().openapi({ description: "Name of a prompt in the model's files" });

/** Ids of tokens. */
export const ids = z.array(
  z.int({ error: "it must be a whole number" }).min(0, { error: "it must be a token's id, from 0" }),
);

/** A text, or several. */
export const texts = z.union([z.string(), z.array(z.string())], {
  error: "it must be a string or an array of strings",
}).openapi({ example: "a large animal with a long trunk" });

/** A text or several, as strings or as ids of tokens. */
export const textsOrIds = z.union([z.string(), z.array(z.string()), ids, z.array(ids)], {
  error: "it must be a string, an array of strings, an array of token ids, or an array of such",
}).openapi({ example: ["a large animal", "the wife of a king"] });

/** A label with its score. */
export const labelScore = z.object({ label: z.string(), score: z.number() });

/** What {@linkcode cutting} says, as pipelines take it. */
export function cuttingOf(
  { truncate, truncation_direction }: { truncate?: boolean | null; truncation_direction?: string | null },
  call: Call,
) {
  const truncation = call.truncation(truncate);
  const truncation_side = truncation_direction?.toLowerCase() as "left" | "right" | undefined;
  return { truncation, ...(truncation_side !== undefined && { truncation_side }) };
}

/** What pipelines may embed. */
export type Embeddable = string | { input_ids: number[] };

/**
 * The texts of `inputs`, as pipelines take them: cut to a length that can be tokenized soon.
 *
 * @throws {HttpError} If there are none, too many, or an empty one.
 */
export function textsOf(
  inputs: z.output<typeof textsOrIds>,
  { truncation, truncation_side }: ReturnType<typeof cuttingOf>,
  call: Call,
  name = "inputs",
): Embeddable[] {
  const isIds = Array.isArray(inputs) && typeof inputs[0] === "number";
  const all = (Array.isArray(inputs) && !isIds ? inputs : [inputs]) as (string | number[])[];
  if (all.length === 0 || all.some(({ length }) => length === 0)) throw empty(name);
  call.checkCount(all.length);
  return all.map((one) =>
    typeof one === "string" ? call.text(one, { truncate: truncation, side: truncation_side }) : { input_ids: one }
  );
}

/** Strings, checked in the same way. */
export function stringsOf(inputs: string | string[], call: Call, truncation = call.truncation(undefined)): string[] {
  return textsOf(inputs, { truncation }, call) as string[];
}
