/** Running a golden case through the public classes. */

import {
  type ModelInputs,
  type ModelSource,
  NarrowBertForMaskedLM,
  NarrowBertForMultipleChoice,
  NarrowBertForSequenceClassification,
  NarrowBertForTokenClassification,
  NarrowBertModel,
  type Tensor,
} from "../../mod.ts";
import { type GoldenCase, goldenModel } from "./golden_case.ts";

/** The classes by name. */
export const CLASSES = {
  NarrowBertModel,
  NarrowBertForMaskedLM,
  NarrowBertForSequenceClassification,
  NarrowBertForMultipleChoice,
  NarrowBertForTokenClassification,
};

/** Runs a case, with its model from some source, and names its outputs as the golden files do. */
export async function runGolden(
  golden: GoldenCase,
  { device, source = goldenModel(golden.model) }: { device?: GPUDevice | undefined; source?: ModelSource } = {},
): Promise<Map<string, Tensor>> {
  const { class: className, options, add_pooling_layer, inputs } = golden;
  const { prune_heads, problem_type, ...forward } = options;
  const Class = CLASSES[className as keyof typeof CLASSES] as typeof NarrowBertModel;
  using loaded = await Class.from_pretrained(source, {
    ...(add_pooling_layer !== undefined && { add_pooling_layer }),
    ...(device !== undefined && { device }),
    ...(problem_type !== undefined && { config: { problem_type } }),
  });
  if (prune_heads !== undefined) loaded.prune_heads(prune_heads);
  const output = await loaded.forward(inputs as ModelInputs, forward);
  const { hidden_states = [], attentions = [], narrow_positions: _, recorded: __, ...single } = output;
  const found = new Map<string, Tensor>(Object.entries(single) as [string, Tensor][]);
  hidden_states.forEach((state, i) => found.set(`hidden_states.${i}`, state));
  attentions.forEach((probabilities, i) => found.set(`attentions.${i}`, probabilities));
  return found;
}
