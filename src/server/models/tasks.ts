/** Which tasks a model does, by its head. */

import type { NarrowBertConfig, TaskName } from "../../../mod.ts";
import { namedHead } from "../../heads/registry.ts";
import { findEntailment } from "../../pipelines/tasks/zero_shot_classification.ts";

/** The task that loads a model, and the others that its weights allow. */
export interface ModelTasks {
  readonly own: TaskName;
  readonly others: readonly TaskName[];
}

/** The tasks of a model. Any has a body, which embeds. */
export function tasksOf(config: NarrowBertConfig): ModelTasks {
  switch (namedHead(config)?.name) {
    case "masked_lm":
      return { own: "fill-mask", others: ["feature-extraction", "score"] };
    case "token_classification":
      return { own: "token-classification", others: ["feature-extraction"] };
    case "multiple_choice":
      return { own: "multiple-choice", others: ["feature-extraction"] };
    case "sequence_classification": {
      const others: TaskName[] = ["feature-extraction"];
      if (findEntailment(config) !== undefined) others.push("zero-shot-classification");
      if (config.num_labels === 1) others.push("text-ranking");
      return { own: "text-classification", others };
    }
  }
  return { own: "feature-extraction", others: [] };
}
