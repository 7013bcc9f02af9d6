/** Classification: `/predict`. */

import type { TextInput } from "../../../mod.ts";
import { z } from "../deps.ts";
import type { Call } from "../http/call.ts";
import { empty, invalid } from "../http/errors.ts";
import { defineRoute } from "./route.ts";
import { cutting, cuttingOf, labelScore, model } from "./schemas.ts";

const parameters = z.object({
  function_to_apply: z.enum(["softmax", "sigmoid", "none"]).nullish(),
  top_k: z.int().min(1).nullish(),
  ...cutting,
});

const labels = z.array(labelScore);

type Inputs = string | string[] | string[][];

/** Whether inputs are several, each of which is one text or a pair. */
function isBatch(inputs: Inputs, hasParameters: boolean): inputs is string[] | string[][] {
  return Array.isArray(inputs) && (hasParameters || Array.isArray(inputs[0]) || inputs.length === 0);
}

/** A text or a pair, each cut to a length that can be tokenized soon. */
function inputOf(input: string | string[], truncate: boolean, call: Call): TextInput {
  const parts = typeof input === "string" ? [input] : input;
  if (parts.length === 0 || parts.some((text) => text === "")) throw empty("inputs");
  if (parts.length > 2) {
    throw invalid(`\`inputs\` must be a text or a pair of texts, got ${parts.length}; a batch is an array of arrays`);
  }
  const [text, text_pair] = parts.map((part) => call.text(part, { truncate }));
  return text_pair === undefined ? text! : { text: text!, text_pair };
}

/** `/predict`. */
export const predict = defineRoute({
  path: "/predict",
  summary: "Classify texts",
  description:
    'All labels, best first. `["a", "b"]` is a pair; a batch is `[["a"], ["b", "c"]]`, or with `parameters` ' +
    "a list of texts, and its answer then a list of lists for one text too.",
  family: "predict",
  request: z.object({
    inputs: z.union([z.string(), z.array(z.string()), z.array(z.array(z.string()))], {
      error: "it must be a string, a pair of strings, or an array of arrays of one or two strings",
    }).openapi({ example: "a large animal with a long trunk" }),
    raw_scores: z.boolean().nullish().openapi({ description: "Logits in place of probabilities" }),
    parameters: parameters.nullish(),
    ...cutting,
    model,
  }).openapi("PredictRequest"),
  response: z.union([labels, z.array(labels)]).openapi("Predictions"),
  inputsOf: ({ inputs, parameters }) => isBatch(inputs, Boolean(parameters)) ? inputs : "",
  async answer({ inputs, raw_scores, parameters, ...root }, call) {
    const cut = cuttingOf(parameters ?? root, call);
    const batch = isBatch(inputs, Boolean(parameters));
    const all: readonly (string | string[])[] = batch ? inputs : [inputs as string | string[]];
    if (all.length === 0) throw empty("inputs");
    call.checkCount(all.length);
    const apply = raw_scores ? "none" : parameters?.function_to_apply;
    const found = await call.pipeline("text-classification")(
      all.map((input) => inputOf(input, cut.truncation, call)),
      {
        top_k: null,
        ...(apply !== null && apply !== undefined && { function_to_apply: apply }),
        ...cut,
        ...call.options(),
      },
    );
    const most = parameters?.top_k ?? undefined;
    const answers = found.map((labels) => labels.slice(0, most));
    return batch || parameters ? answers : answers[0];
  },
});
