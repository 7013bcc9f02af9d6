/** `narrowbert tag`: the entities of texts. */

import { AGGREGATION_STRATEGIES } from "../../pipelines/tasks/token_classification/entities.ts";
import { textOf } from "../inputs/questions.ts";
import { choice, list } from "../options.ts";
import { answerBy, loadPipeline, PIPELINE_OPTIONS } from "../pipelines.ts";
import { textCommand } from "../text_command.ts";
import { STRIDE_OPTION } from "../windows.ts";

/** The command. */
export const tag = textCommand({
  name: "tag",
  about: `\
Finds entities in texts, such as names of persons and places. Prints for each word piece that is one,
or with --aggregation-strategy for each entity: kind, score, start and end in the text (UTF-16
indices), and what stands there.
As JSON: { text, entities: [{ entity, score, index, word, start, end }] }; with another strategy than
none [{ entity_group, score, word, start, end }]. In a table the same list is a column of JSON.`,
  options: {
    ...PIPELINE_OPTIONS,
    "aggregation-strategy": choice(
      AGGREGATION_STRATEGIES,
      "how word pieces become entities: not at all (none, the default), piece by piece (simple), or word by word, where " +
        "a word's label is that of its first piece (first, which computes these pieces alone), of the mean of its pieces " +
        "(average), or of its most certain piece (max)",
    ),
    "ignore-labels": list("LABEL,...", "leave out entities with these labels (O)"),
    ...STRIDE_OPTION,
  },
  examples: [
    'narrowbert tag "the old man drove his car to the garden"',
    'narrowbert tag --model models/ner --aggregation-strategy first "Anna moved to New York"',
    "narrowbert tag --model models/ner --aggregation-strategy first --stride 32 --input letters.jsonl --jsonl",
  ],
  question: textOf,
  async open(values, loading) {
    const { truncate: truncation, "ignore-labels": ignore_labels, stride } = values;
    const { "aggregation-strategy": aggregation_strategy } = values;
    const tag = await loadPipeline("token-classification", values, loading);
    return answerBy(
      tag,
      (texts, options) => tag.stream(texts, { ...options, truncation, aggregation_strategy, ignore_labels, stride }),
      [{ name: "entities", value: (entities) => entities }],
    );
  },
  json: (entities) => ({ entities }),
  tables: (entities, fields) => [
    entities.length === 0 ? [["no entities"]] : entities.map((found) => [
      "entity" in found ? found.entity : found.entity_group,
      found.score.toFixed(4),
      `${found.start}`,
      `${found.end}`,
      textOf(fields).slice(found.start, found.end),
    ]),
  ],
  apart: true,
});
