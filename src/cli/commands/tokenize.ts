/** `narrowbert tokenize`: the word pieces of texts. */

import { states } from "../../heads/readouts/states.ts";
import { locateTransformer } from "../../heads/sentence/modules.ts";
import { type ModelFolder, openFolder } from "../../io/folder/folder.ts";
import { readConfig } from "../../model/config/config.ts";
import { mostTokens } from "../../pipelines/engine/encode.ts";
import type { BertTokenizer } from "../../text/bert_tokenizer.ts";
import { openTokenizer } from "../../text/tokenizer.ts";
import { Engine } from "../../pipelines/engine/engine.ts";
import type { Task } from "../../pipelines/engine/task.ts";
import { TASKS } from "../../pipelines/task_table.ts";
import { PAIR_OPTIONS } from "../inputs/inputs.ts";
import { textsOf } from "../inputs/questions.ts";
import { openingOf } from "../models.ts";
import { fieldColumns } from "../outputs/columns.ts";
import { toggle } from "../options.ts";
import { answerBy, TEXT_OPTIONS } from "../pipelines.ts";
import { textCommand } from "../text_command.ts";

/** A text, or a pair of texts. */
type Texts = ReturnType<typeof textsOf>;

/** The command. */
export const tokenize = textCommand({
  name: "tokenize",
  about: `\
Cuts texts, or pairs of texts (objects and columns with "text_pair"), into the word pieces that a
model is given. Prints for each piece: id, piece, start and end in its text (UTF-16 indices).
As JSON: { text, input_ids, token_type_ids, tokens, offset_mapping }. In a table the same fields are
columns of JSON lists.`,
  options: {
    ...TEXT_OPTIONS,
    ...PAIR_OPTIONS,
    offsets: toggle("say where pieces stand in the text (yes)"),
  },
  computes: false,
  examples: [
    'narrowbert tokenize "unbelievable"',
    "narrowbert tokenize --model models/ner --input texts.txt --jsonl",
  ],
  question: textsOf,
  async open({ model, truncate: truncation, offsets = true, ...values }, { signal, progress_callback }) {
    const source = model ?? TASKS["fill-mask"].defaultModel;
    const root = await openFolder(source, { ...openingOf(values), signal, progress_callback });
    const folder = await locateTransformer(root);
    const tokenizer = await openTokenizer(folder);
    const max_length = truncation ? await lengthOf(tokenizer, folder) : undefined;
    const options = { truncation, max_length, return_offsets_mapping: offsets };
    const encode = ({ text, text_pair }: Texts) => {
      const { input_ids, token_type_ids, offset_mapping } = tokenizer.encode_plus(text, { ...options, text_pair });
      return { input_ids, token_type_ids, tokens: tokenizer.convert_ids_to_tokens(input_ids), offset_mapping };
    };
    const engine = new Engine(withoutModel(encode));
    const columns = fieldColumns(
      "input_ids",
      "token_type_ids",
      "tokens",
      ...(offsets ? ["offset_mapping"] as const : []),
    );
    return answerBy({ tokenizer, dispose() {} }, engine.stream, columns);
  },
  json: (encoding) => encoding,
  tables: ({ input_ids, tokens, offset_mapping }) => [
    input_ids.map((id, i) => [`${id}`, tokens[i]!, ...(offset_mapping?.[i] ?? []).map(String)]),
  ],
  apart: true,
});

/** The most tokens that a model takes, if there is one beside its tokenizer. */
async function lengthOf(tokenizer: BertTokenizer, folder: ModelFolder): Promise<number> {
  const isAlone = await folder.find("config.json") === null;
  return isAlone ? tokenizer.model_max_length : mostTokens({ model: { config: await readConfig(folder) }, tokenizer });
}

/** A task that computes nothing on the GPU, so that tokenizing streams and stops like all other tasks. */
function withoutModel<Answer>(answer: (texts: Texts) => Answer): Task<Texts, Answer, object> {
  return {
    model: { trunk: { answer: () => Promise.resolve([]) } },
    action: "tokenize",
    noun: "text",
    options: [],
    begin: () => ({
      pack: () => [],
      readout: states,
      ask: () => ({}),
      collect: (_results, _items, texts) => answer(texts),
    }),
  };
}
