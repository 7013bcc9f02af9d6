/** The tokenizer: `/tokenize` and `/decode`. */

import { z } from "../deps.ts";
import type { Call } from "../http/call.ts";
import { invalid } from "../http/errors.ts";
import { defineRoute } from "./route.ts";
import { ids, model, stringsOf, texts } from "./schemas.ts";

const token = z.object({
  id: z.int(),
  text: z.string(),
  special: z.boolean(),
  start: z.int().nullable().openapi({ description: "Byte in the text" }),
  stop: z.int().nullable(),
});

const encoder = new TextEncoder();

/** Places in a text as places in its UTF-8 bytes. They come in ascending order, mostly. */
function byteOffsets(text: string): (index: number) => number {
  let [at, bytes] = [0, 0];
  return (index) => {
    if (index < at) [at, bytes] = [0, 0];
    bytes += encoder.encode(text.slice(at, index)).length;
    at = index;
    return bytes;
  };
}

/** `/tokenize`. */
export const tokenize = defineRoute({
  path: "/tokenize",
  summary: "Tokens of texts",
  description: "For each text a list, also if there is one. Places are bytes of its UTF-8; special tokens have none.",
  request: z.object({ inputs: texts, add_special_tokens: z.boolean().nullish(), model }).openapi("TokenizeRequest"),
  response: z.array(z.array(token)).openapi("Tokens"),
  answer({ inputs, add_special_tokens }, call) {
    const { tokenizer } = call.pipeline("feature-extraction");
    return Promise.resolve(
      stringsOf(inputs, call, false).map((text) => {
        const encoding = call.tokenize(() =>
          tokenizer.encode_plus(text, {
            add_special_tokens: add_special_tokens ?? true,
            return_special_tokens_mask: true,
            return_offsets_mapping: true,
          })
        );
        call.count(encoding.input_ids.length);
        const byteAt = byteOffsets(text);
        const names = tokenizer.convert_ids_to_tokens(encoding.input_ids);
        return encoding.input_ids.map((id, i) => {
          if (encoding.special_tokens_mask![i] === 1) {
            return { id, text: names[i]!, special: true, start: null, stop: null };
          }
          const [start, end] = encoding.offset_mapping![i]!;
          return { id, text: text.slice(start, end), special: false, start: byteAt(start), stop: byteAt(end) };
        });
      }),
    );
  },
});

/** `/decode`. */
export const decode = defineRoute({
  path: "/decode",
  summary: "Texts of tokens",
  request: z.object({
    ids: z.union([ids, z.array(ids)], { error: "it must be an array of token ids, or an array of such" }).openapi({
      example: [2, 5, 3],
    }),
    skip_special_tokens: z.boolean().nullish(),
    model,
  }).openapi("DecodeRequest"),
  response: z.array(z.string()).openapi("Texts"),
  inputsOf: (body) => body.ids,
  answer({ ids, skip_special_tokens }, call) {
    const all = (Array.isArray(ids[0]) ? ids : [ids]) as number[][];
    call.checkCount(all.length);
    for (const one of all) checkIds(one, call);
    const { tokenizer } = call.pipeline("feature-extraction");
    const options = { skip_special_tokens: skip_special_tokens ?? true };
    return Promise.resolve(call.tokenize(() => all.map((one) => tokenizer.decode(one, options))));
  },
});

function checkIds(ids: readonly number[], call: Call): void {
  const { vocab_size } = call.model.model.config;
  const wrong = ids.find((id) => id >= vocab_size);
  if (wrong !== undefined) throw invalid(`\`ids\` must be below the vocabulary's ${vocab_size}, got ${wrong}`);
}
