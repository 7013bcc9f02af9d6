/** Encodes texts to a context, and plans the passes of the questions about it. */

import { InputError } from "../../base/errors.ts";
import { kindOf, nameOf } from "../../base/messages.ts";
import { pitch } from "../../kernels/kernel.ts";
import { type Ragged, raggedOfSequences } from "../../model/batch/ragged.ts";
import type { ModelCore } from "../../model/core.ts";
import type { ForwardOptions } from "../../model/forward_options.ts";
import type { ReadyPass } from "./answering.ts";
import { checkTokens } from "./checks.ts";
import { type ContextParts, KeptContext, type Segment, type TextPlace } from "./context.ts";
import { planPass } from "./pass.ts";
import type { QueryTokens } from "../readouts/query_tokens.ts";
import { type CheckedQuestions, DistinctTexts, passesOf, passLimits, readingsOf } from "./sequences.ts";

/**
 * Encodes texts, and leaves their context on the GPU. Equal texts are encoded once.
 *
 * @throws {InputError} If a text does not fit the model.
 * @throws {OverloadedError} If the contexts that are kept would take too many bytes.
 */
export async function encodeTexts(
  core: ModelCore,
  given: readonly QueryTokens[],
  options: Pick<ForwardOptions, "signal">,
): Promise<KeptContext> {
  // Copied before anything is awaited: later changes of the caller's arrays have no effect.
  const texts = checkedTexts(given, core);
  const places: TextPlace[] = [];
  const batches: Ragged[] = [];
  const asked = new DistinctTexts<number>();
  for (const [place, text] of texts.entries()) asked.add(text, place);
  const encoded = asked.texts.map(({ text, members }) => ({
    text: { text, places: members },
    tokens: text.input_ids.length,
    readings: [],
  }));
  for (const [segment, sequences] of passesOf(encoded, passing(core)).entries()) {
    batches.push(raggedOfSequences(sequences.map(({ text: { text } }) => ({
      ids: text.input_ids,
      types: text.token_type_ids ?? null,
      rows: [],
    }))));
    for (const [sequence, { text }] of sequences.entries()) {
      for (const place of text.places) places[place] = { segment, sequence };
    }
  }
  return await core.use(async (runner) => {
    const row = 4 * pitch(core.config.hidden_size);
    const memory = await core.contexts.allocate(batches.map(({ places: { length } }) => length * row));
    try {
      const segments: Segment[] = [];
      for (const [i, ragged] of batches.entries()) {
        const buffer = memory.buffers[i] as GPUBuffer;
        segments.push({ buffer, ragged, weights: await runner.encode({ ragged, context: buffer, options }) });
      }
      return new KeptContext({ core, runner, memory, segments, texts, places });
    } catch (error) {
      memory.lease.dispose();
      throw error;
    }
  });
}

function checkedTexts(given: readonly QueryTokens[], { config }: ModelCore): QueryTokens[] {
  if (!Array.isArray(given)) {
    throw new InputError(`Cannot encode texts: they must be in an array, got ${kindOf(given)}`);
  }
  return Array.from(given as readonly QueryTokens[], (tokens, i) => {
    checkTokens(tokens, "encode", { config, subject: nameOf("text", i, given.length) });
    const { input_ids, token_type_ids } = tokens;
    return {
      input_ids: Uint32Array.from(input_ids),
      ...(token_type_ids && { token_type_ids: Uint32Array.from(token_type_ids) }),
    };
  });
}

/** Plans the passes of the questions about the texts of a context, each query about the text of its number. */
export function planContextPasses(
  { core, segments, places, texts }: ContextParts,
  queries: readonly { text: number; questions: CheckedQuestions }[],
): ReadyPass[] {
  const questions = queries.map((query) => query.questions);
  const byPlace = new Map<
    string,
    { place: TextPlace; tokens: number; askers: { query: number; question: number }[] }
  >();
  for (const [query, { text, questions }] of queries.entries()) {
    const place = places[text] as TextPlace;
    const key = `${place.segment} ${place.sequence}`;
    let asked = byPlace.get(key);
    if (asked === undefined) {
      const tokens = (texts[text] as QueryTokens).input_ids.length;
      byPlace.set(key, asked = { place, tokens, askers: [] });
    }
    for (const question of questions.keys()) asked.askers.push({ query, question });
  }
  const inOrder = [...byPlace.values()].sort(({ place: a }, { place: b }) =>
    a.segment - b.segment || a.sequence - b.sequence
  );
  const cuts = (before: TextPlace, { segment }: TextPlace) => before.segment !== segment;
  const asked = inOrder.map(({ place, tokens, askers }) => ({
    text: place,
    tokens,
    readings: readingsOf(questions, askers),
  }));
  return passesOf(asked, { ...passing(core), cuts }).map((sequences) => {
    const pass = planPass(sequences);
    const { buffer: context, ragged } = segments[sequences[0]!.text.segment] as Segment;
    const rows = new Map(sequences.map(({ text: { sequence } }, i) => [sequence, pass.rows[i] as ArrayLike<number>]));
    return { ...pass, context, ragged: withRows(ragged, rows) };
  });
}

/** How texts of a model are cut into passes. */
export function passing({ config, gpu }: ModelCore) {
  return { config, limits: passLimits(config, gpu.speed) };
}

/** A batch with other narrow rows. @param rows Positions, by the number of the sequence; others have none. */
function withRows(ragged: Ragged, rows: ReadonlyMap<number, ArrayLike<number>>): Ragged {
  const index: number[] = [];
  const rowCounts = new Uint32Array(ragged.lengths.length);
  let token = 0;
  for (const [sequence, length] of ragged.lengths.entries()) {
    const own = rows.get(sequence) ?? [];
    for (let i = 0; i < own.length; i++) index.push(token + (own[i] as number));
    rowCounts[sequence] = own.length;
    token += length;
  }
  return { ...ragged, rows: Uint32Array.from(index), rowCounts };
}
