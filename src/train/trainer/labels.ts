/** How the labels of a training count. */

import type { LabelOptions } from "../../heads/calls/label_options.ts";
import type { Dataset } from "../data/dataset.ts";
import type { ResolvedArguments } from "./arguments.ts";

/** Options of steps by those of a training. @throws {TypeError} If there are no classes to weigh. */
export function labelOptions(
  { task, labels, label_counts, problem_type }: Dataset,
  weights: readonly number[] | "balanced" | undefined,
  { label_smoothing_factor }: Pick<ResolvedArguments, "label_smoothing_factor">,
): LabelOptions {
  const smoothing = label_smoothing_factor > 0 ? { label_smoothing: label_smoothing_factor } : {};
  if (weights === undefined) return smoothing;
  if (weights !== "balanced") return { ...smoothing, class_weights: weights };
  const isOneLabel = task === "tag" || problem_type === "single_label_classification";
  if (!isOneLabel) {
    throw new TypeError(`Cannot balance class_weights: data for "${task}" have no classes of which one is right`);
  }
  const all = label_counts.reduce((sum, count) => sum + count, 0);
  return {
    ...smoothing,
    class_weights: label_counts.map((count) => count === 0 ? 0 : all / (labels.length * count)),
  };
}
