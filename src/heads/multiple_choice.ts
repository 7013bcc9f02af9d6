/** Multiple choice: which of several continuations fits. */

import { InputError } from "../base/errors.ts";
import { Tensor } from "../base/tensor.ts";
import { reshape } from "../graph/ops/rows.ts";
import type { RunOutput } from "../graph/program.ts";
import { type ArrayInput, type FlatArray, readArray } from "../model/arrays.ts";
import type { Body } from "../model/body.ts";
import type { NarrowBertConfig } from "../model/config.ts";
import type { Head } from "../model/config_heads.ts";
import { checkNames, type ModelInputs } from "../model/inputs.ts";
import { PreTrainedModel } from "../model/pretrained.ts";
import { firstRowRule, toTensor } from "../model/row_rules.ts";
import type { ForwardOptions } from "../model/runner.ts";
import type { ParameterSet } from "../nn/parameters.ts";
import { feedClassLabels, traceCrossEntropy } from "./labels.ts";
import { type HeadOutput, headOutput } from "./output.ts";
import { PooledHead } from "./pooled_head.ts";

/**
 * NarrowBERT that scores choices: inputs are `[B, choices, L]`, logits `[B, choices]`, `labels` `[B]` the right choices
 * (-100 for none); the loss is their mean cross-entropy. Narrow layers compute each choice's first token alone.
 */
export class NarrowBertForMultipleChoice extends PreTrainedModel<PooledHead> {
  static readonly head: Head = "multiple_choice";
  static readonly pooling: boolean | "optional" = true;

  /**
   * Computes logits, and the loss where labels are given.
   *
   * @throws {InputError} If an input does not fit the model.
   */
  async forward(inputs: ModelInputs, options: ForwardOptions = {}): Promise<HeadOutput> {
    checkNames(inputs);
    const { flat, questions, choices } = flattenChoices(inputs);
    const batch = this.readInputs(flat);
    const rule = firstRowRule(batch);
    const labels = inputs.labels == null
      ? null
      : feedClassLabels(readArray("labels", inputs.labels), questions, choices);
    const { outputs, common } = await this.run(batch, rule, (head) => ({
      key: labels === null ? "logits" : "logits, loss",
      trace(g, last) {
        const scores = head.apply(g, last);
        const logits = reshape(g, { label: "choices", x: scores, shape: ["questions", "choices"] });
        g.output("logits", logits);
        if (labels !== null) traceCrossEntropy(g, logits);
      },
      feed: () => ({ ...labels, sizes: { questions, choices, ...labels?.sizes } }),
    }), options);
    return headOutput(toTensor(outputs.get("logits") as RunOutput), outputs, common);
  }

  protected override declareHead(
    parameters: ParameterSet,
    { config }: { body: Body; config: NarrowBertConfig },
  ): PooledHead {
    return new PooledHead(parameters, config, 1);
  }
}

const CHOICE_INPUTS = ["input_ids", "attention_mask", "token_type_ids", "position_ids", "inputs_embeds"] as const;

/** Inputs `[B, choices, …]` as `[B * choices, …]`, their first two dimensions agreed on. */
function flattenChoices(inputs: ModelInputs): { flat: ModelInputs; questions: number; choices: number } {
  const { labels: _labels, ...flat } = inputs;
  let agreed: { name: string; dims: readonly number[] } | null = null;
  for (const name of CHOICE_INPUTS) {
    const input: ArrayInput | undefined | null = inputs[name];
    if (input === undefined || input === null) continue;
    const array = readArray(name, input);
    const rank = name === "inputs_embeds" ? 4 : 3;
    if (array.dims.length !== rank && !array.dims.includes(0)) {
      const expected = rank === 4 ? "[batch, choices, tokens, H]" : "[batch, choices, tokens]";
      throw new InputError(`Cannot read ${name}: shape must be ${expected}, got [${array.dims.join(", ")}]`);
    }
    const dims = [array.dims[0] ?? 0, array.dims[1] ?? 0];
    agreed ??= { name, dims };
    if (dims[0] !== agreed.dims[0] || dims[1] !== agreed.dims[1]) {
      throw new InputError(
        `Cannot read ${name}: it must have the batch and choices of ${agreed.name}, ` +
          `[${agreed.dims.join(", ")}], got [${dims.join(", ")}]`,
      );
    }
    flat[name] = flattened(array, dims[0] as number * (dims[1] as number));
  }
  const [questions = 0, choices = 0] = agreed?.dims ?? [];
  return { flat, questions, choices };
}

function flattened({ data, dims }: FlatArray, rows: number): Tensor {
  return new Tensor("float64", data, [rows, ...dims.slice(2)]);
}
