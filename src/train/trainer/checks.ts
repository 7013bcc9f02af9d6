/** Checks that data, model and trainer fit together. */

import { classOf, listed, quote } from "../../base/messages.ts";
import type { PreTrainedModel } from "../../heads/pretrained.ts";
import { CheckedDataset, type Dataset } from "../data/dataset.ts";

/** The head that a task needs. */
const HEADS = {
  mlm: "masked_lm",
  classify: "sequence_classification",
  tag: "token_classification",
  choose: "multiple_choice",
};

/**
 * Checks that a data set fits the model, and that of the training.
 *
 * @throws {TypeError} If it is none, or is for another head.
 * @throws {RangeError} If its labels are not the model's.
 */
export function checkDataset(name: string, dataset: Dataset, model: PreTrainedModel, training?: Dataset): void {
  if (!(dataset instanceof CheckedDataset)) {
    throw new TypeError(`Cannot train: ${name} must be what openDataset or datasetOf gives, got ${classOf(dataset)}`);
  }
  const { task, labels } = dataset;
  const { head, name: className } = model.constructor as unknown as { head: { name: string }; name: string };
  if (head.name !== HEADS[task]) {
    throw new TypeError(`Cannot train: ${name} is for "${task}", which a ${className} does not learn`);
  }
  if (training !== undefined && training.task !== task) {
    throw new TypeError(`Cannot train: ${name} must be for "${training.task}", as train_dataset, got "${task}"`);
  }
  if (task !== "classify" && task !== "tag" || labels.length === 0) return;
  const own = Object.values(model.config.id2label);
  const problems = own.length === labels.length
    ? labels.flatMap((label, id) =>
      label === own[id] ? [] : [`label ${id} is ${quote(label)}, the model's is ${quote(own[id] as string)}`]
    )
    : [`it has ${labels.length} labels, the model has ${own.length}`];
  if (problems.length === 0) return;
  throw new RangeError(
    `Cannot train: ${name} must have the labels of the model:${listed(problems.slice(0, 5))}`,
  );
}
