/** Checks that data, model and trainer fit together. */

import { classOf, listed, quote } from "../../base/messages.ts";
import type { PreTrainedModel } from "../../heads/pretrained.ts";
import type { ProblemType } from "../../model/config/fields.ts";
import { CheckedDataset, type Dataset } from "../data/dataset.ts";

/** The head that a task needs. */
const HEADS = {
  mlm: "masked_lm",
  classify: "sequence_classification",
  tag: "token_classification",
  choose: "multiple_choice",
};

/**
 * Checks that a data set fits a model.
 *
 * @param action What is done with it, for messages: `train`.
 * @param named It, under its name.
 * @throws {TypeError} If it is none, or is for another head, or for another kind of labels.
 * @throws {RangeError} If its labels are not the model's.
 */
export function checkDataset(action: string, named: Readonly<Record<string, Dataset>>, model: PreTrainedModel): void {
  const [[name, dataset]] = Object.entries(named) as [[string, Dataset]];
  if (!(dataset instanceof CheckedDataset)) {
    throw new TypeError(
      `Cannot ${action}: ${name} must be what openDataset or datasetOf gives, got ${classOf(dataset)}`,
    );
  }
  const { task, labels, problem_type } = dataset;
  const { head, name: className } = model.constructor as unknown as { head: { name: string }; name: string };
  if (head.name !== HEADS[task]) {
    throw new TypeError(`Cannot ${action}: ${name} is for "${task}", which a ${className} does not learn`);
  }
  const own = problemOf(model);
  if (problem_type !== null && !own.includes(problem_type)) {
    throw new TypeError(
      `Cannot ${action}: the problem_type of ${name} must be ${own.join(" or ")}, as that of the model's config, got ` +
        problem_type,
    );
  }
  const names = Object.values(model.config.id2label);
  if (problem_type === "regression" && names.length !== 1) {
    throw new RangeError(
      `Cannot ${action}: a model of ${name} must have one label, as it is one number, got ${names.length}`,
    );
  }
  if (labels.length > 0) checkLabels(labels, names, `Cannot ${action}: ${name}`);
}

/** What a model may learn of texts: what its config says, or what its number of labels allows. */
function problemOf({ config: { problem_type, num_labels } }: PreTrainedModel): ProblemType[] {
  if (problem_type !== null) return [problem_type];
  return num_labels === 1 ? ["regression"] : ["single_label_classification", "multi_label_classification"];
}

function checkLabels(labels: readonly string[], own: readonly string[], what: string): void {
  const problems = own.length === labels.length
    ? labels.flatMap((label, id) =>
      label === own[id] ? [] : [`label ${id} is ${quote(label)}, the model's is ${quote(own[id] as string)}`]
    )
    : [`it has ${labels.length} labels, the model has ${own.length}`];
  if (problems.length === 0) return;
  throw new RangeError(`${what} must have the labels of the model:${listed(problems.slice(0, 5))}`);
}
