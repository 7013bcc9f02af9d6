/** Choosing among the caller's texts: `/multiple_choice` and `/zero_shot`. */

import { z } from "../deps.ts";
import { empty } from "../http/errors.ts";
import { defineRoute } from "./route.ts";
import { labelScore, model, stringsOf, texts } from "./schemas.ts";

/** `/multiple_choice`. */
export const multipleChoice = defineRoute({
  path: "/multiple_choice",
  summary: "Choose what follows a text",
  request: z.object({
    inputs: z.string(),
    parameters: z.object({ choices: z.array(z.string()) }),
    model,
  }).openapi("MultipleChoiceRequest", {
    example: { inputs: "steamship", parameters: { choices: ["a vessel", "a feeling"] } },
  }),
  response: z.array(z.object({ index: z.int(), choice: z.string(), score: z.number() })).openapi("Choices"),
  inputsOf: ({ parameters }) => parameters.choices,
  async answer({ inputs, parameters: { choices } }, call) {
    const truncation = call.truncation(undefined);
    const [prompt] = stringsOf(inputs, call);
    if (choices.length === 0 || choices.includes("")) throw empty("choices");
    call.checkCount(choices.length);
    const cut = choices.map((choice) => call.text(choice, { truncate: truncation }));
    const found = await call.pipeline("multiple-choice")(prompt!, cut, { truncation, ...call.options() });
    return found.map((one) => ({ ...one, choice: choices[one.index]! }));
  },
});

const labels = z.array(labelScore);

/** `/zero_shot`. */
export const zeroShot = defineRoute({
  path: "/zero_shot",
  summary: "Give texts labels of your own",
  request: z.object({
    inputs: texts.openapi({ example: "a large wild cat" }),
    parameters: z.object({
      candidate_labels: z.union([z.string(), z.array(z.string())], { error: "it must be an array of strings" }),
      hypothesis_template: z.string().nullish(),
      multi_label: z.boolean().nullish(),
    }).openapi({ example: { candidate_labels: ["travel", "animals"] } }),
    model,
  }).openapi("ZeroShotRequest"),
  response: z.union([labels, z.array(labels)]).openapi("ZeroShotLabels"),
  async answer({ inputs, parameters }, call) {
    const truncation = call.truncation(undefined);
    const { candidate_labels, hypothesis_template, multi_label } = parameters;
    const names = typeof candidate_labels === "string"
      ? candidate_labels.split(",").map((name) => name.trim())
      : candidate_labels;
    if (names.length === 0 || names.includes("")) throw empty("candidate_labels");
    call.checkCount(names.length);
    for (const name of names) call.text(name, { truncate: false });
    const found = await call.pipeline("zero-shot-classification")(stringsOf(inputs, call), names, {
      truncation,
      ...(hypothesis_template && { hypothesis_template }),
      ...(multi_label && { multi_label }),
      ...call.options(),
    });
    const answers = found.map(({ labels, scores }) => labels.map((label, i) => ({ label, score: scores[i]! })));
    return Array.isArray(inputs) ? answers : answers[0];
  },
});
