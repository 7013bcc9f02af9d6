/** A trunk: one set of weights that answers many questions about texts in one pass. */

import { DisposedError, InputError } from "../../base/errors.ts";
import { kindOf } from "../../base/messages.ts";
import { checkOptionNames } from "../../base/options.ts";
import type { ModelSource } from "../../io/folder/folder.ts";
import type { NarrowBertConfig } from "../../model/config/config.ts";
import { ModelCore, type ModelWeights } from "../../model/core.ts";
import type { ForwardOptions } from "../../model/forward_options.ts";
import type { Head, ModelParts } from "../../model/head.ts";
import { loadCore, openModel, randomCore } from "../../model/loading.ts";
import type { LoadOptions, ModelOptions } from "../../model/model_options.ts";
import { readoutsOf } from "../readouts/all.ts";
import { definitionOf, type ReadoutDefinition } from "../readouts/definition.ts";
import type { QueryTokens } from "../readouts/query_tokens.ts";
import type { Readout } from "../readouts/readout.ts";
import { HEADS } from "../registry.ts";
import { answerPasses, checkAll, namedAnswers } from "./answering.ts";
import { checkContextQuery, checkQuery } from "./checks.ts";
import { type Context, partsOfContext } from "./context.ts";
import { encodeTexts, passing, planContextPasses } from "./encoding.ts";
import { planPass, raggedOfPass } from "./pass.ts";
import type { Answers, ContextQuery, Query } from "./query.ts";
import { rowsOfQuery } from "./query_rows.ts";
import { askedTexts, passesOf } from "./sequences.ts";

/** Options of a call. */
export type AnswerOptions = Pick<ForwardOptions, "signal" | "narrow">;

/**
 * A trunk answers questions of several kinds, its *readouts*, about texts. The texts of a call are encoded together in
 * one packed pass; the narrow layers compute the rows that any question needs; each readout then reads its own rows.
 * Queries with equal lists of tokens are encoded once. So several tasks cost little more than one, and their weights
 * are on the GPU once.
 *
 * @example
 * ```ts
 * import { AutoTokenizer, meanState, topWords, Trunk } from "@narrowbert/webgpu";
 *
 * const folder = "examples/models/wordnet/mlm";
 * const tokenizer = await AutoTokenizer.from_pretrained(folder);
 * using trunk = await Trunk.load(folder, { readouts: [topWords, meanState] });
 *
 * const tokens = tokenizer.encode_plus("a large [MASK] with a long neck");
 * const positions = [tokens.input_ids.indexOf(tokenizer.mask_token_id!)];
 * const [answers] = await trunk.answer([{ tokens, ask: { top_words: { positions }, mean_state: {} } }]);
 * console.log(tokenizer.decode([answers!.top_words!.words[0]!])); // head
 * console.log(answers!.mean_state!.values.length); // 128
 * ```
 */
export class Trunk<R extends Readout = Readout> {
  readonly #core: ModelCore;
  readonly #readouts: ReadonlyMap<string, ReadoutDefinition>;
  readonly #owned: boolean;
  #disposed = false;

  /**
   * A trunk on weights that are loaded. {@linkcode Trunk.load} and the models' `trunk` call it.
   *
   * @param weights The weights.
   * @param own The readouts of a trunk that keeps the weights until it is disposed of; their weights must be among
   *   these. Default: all that the weights allow, as long as their owner lives.
   * @throws {TypeError} If the weights or a readout are something else.
   * @throws {DeviceLostError} If their device is lost.
   */
  constructor(weights: ModelWeights, own?: readonly R[]) {
    const core = ModelCore.of(weights, "Trunk");
    const readouts = own?.map(definitionOf) ?? readoutsOf(core.heads);
    this.#core = core;
    this.#owned = own !== undefined;
    this.#readouts = new Map(readouts.map((readout) => [readout.name, readout]));
    if (this.#owned) core.retain();
  }

  /**
   * Loads the body of a model and the heads that some readouts need.
   *
   * @param where As of the model classes' `from_pretrained`.
   * @param options `readouts`: the kinds of answers that it gives.
   * @throws {TypeError} If one of them is no readout.
   * @throws {RangeError} Without a readout, or if two have one name, or heads of one name in a checkpoint.
   * @throws {CheckpointError} If files are missing or the weights do not fit; everything wrong is listed.
   * @throws {ConfigError} If the config is not valid.
   * @throws {NoAdapterError} If there is no GPU.
   * @throws {DeviceLostError} If the device is lost.
   */
  static async load<const R extends readonly Readout[]>(
    where: ModelSource,
    { readouts, ...options }: LoadOptions & { readouts: R },
  ): Promise<Trunk<R[number]>> {
    const parts = partsOf(readouts);
    const opened = await openModel(where, options);
    return new Trunk(await loadCore(opened, { ...parts, known: HEADS }, options), readouts);
  }

  /**
   * A trunk with random weights, as of the model classes' `from_config`.
   *
   * @throws {TypeError} If a readout is none.
   * @throws {RangeError} Without a readout, or if two have one name, or heads of one name in a checkpoint.
   * @throws {NoAdapterError} If there is no GPU.
   * @throws {DeviceLostError} If the device is lost.
   */
  static async from_config<const R extends readonly Readout[]>(
    config: NarrowBertConfig,
    { readouts, ...options }: ModelOptions & { readouts: R; seed?: number },
  ): Promise<Trunk<R[number]>> {
    return new Trunk(await randomCore(config, partsOf(readouts), options), readouts);
  }

  /** The model's configuration. */
  get config(): NarrowBertConfig {
    return this.#core.config;
  }

  /** Most tokens of a pass: 4,096, and fewer if the model is large for a slow device. */
  get passTokens(): number {
    return passing(this.#core).limits.tokens;
  }

  /** Narrow rows that a query asks for; 0 if it is one that `answer` refuses. */
  rowsOf(query: Query<R>): number {
    return rowsOfQuery(query as unknown as Query, this.config);
  }

  /** Names of the readouts that can be asked. */
  get readouts(): string[] {
    return [...this.#readouts.keys()];
  }

  /** GPU bytes of the weights. */
  get weightBytes(): number {
    return this.#core.weightBytes;
  }

  /** GPU bytes of the activations, at the largest sizes so far. */
  get activationBytes(): number {
    return this.#core.activationBytes;
  }

  /**
   * Answers queries, in their order: for each the answers by the name of the readout that was asked. Their texts share
   * passes of up to {@linkcode passTokens} tokens. A call goes on with the weights and the queries as they were when it was made.
   *
   * @throws {InputError} If a query does not fit the model, asks an unknown readout or by an unknown name, or names
   *   rows outside its text.
   */
  async answer(queries: readonly Query<R>[], options: AnswerOptions = {}): Promise<Answers<R>[]> {
    this.#check("answer queries", options, ["signal", "narrow"]);
    const checked = checkAll(queries, (query, subject) => checkQuery(query, this.#asked(subject)));
    // Planned before anything is awaited: later changes of the caller's arrays have no effect.
    const passes = passesOf(askedTexts(checked), passing(this.#core)).map((sequences) => {
      const pass = planPass(sequences);
      return { ...pass, ragged: raggedOfPass(sequences, pass) };
    });
    const own = { ...options };
    const found = await this.#core.use((runner) => answerPasses(runner, { passes, queries: checked, options: own }));
    return namedAnswers<R>(checked, found);
  }

  /**
   * Computes the full layers for some texts, and keeps their output on the GPU. {@linkcode ask} then answers questions
   * about them by the narrow layers alone.
   *
   * @returns The context, which the caller disposes of.
   * @throws {InputError} If a text does not fit the model.
   * @throws {OverloadedError} If the contexts that are kept of the model would take more than its `maxContextBytes`.
   *
   * @example
   * ```ts
   * import { AutoTokenizer, topWords, Trunk } from "@narrowbert/webgpu";
   *
   * const folder = "examples/models/wordnet/mlm";
   * const tokenizer = await AutoTokenizer.from_pretrained(folder);
   * using trunk = await Trunk.load(folder, { readouts: [topWords] });
   *
   * using context = await trunk.encode([tokenizer.encode_plus("a large [MASK] with a long neck")]);
   * const [first] = await trunk.ask(context, [{ ask: { top_words: { positions: [3], top_k: 1 } } }]);
   * console.log(tokenizer.decode([first!.top_words!.words[0]!])); // head
   * const [later] = await trunk.ask(context, [{ ask: { top_words: { positions: [2], top_k: 9 } } }]);
   * console.log(later!.top_words!.words.length); // 9
   * ```
   */
  async encode(texts: readonly QueryTokens[], options: Pick<AnswerOptions, "signal"> = {}): Promise<Context> {
    this.#check("encode texts", options, ["signal"]);
    return await encodeTexts(this.#core, texts, { ...options });
  }

  /**
   * Answers queries about texts of a context, as {@linkcode answer} does about other texts: the same numbers to 1e-5, but
   * the full layers are not computed again. The readouts that change tokens cannot be asked.
   *
   * @param context Made by {@linkcode encode}, of this trunk or of another one on the same weights.
   * @throws {InputError} If the context is of other weights, or of weights that were changed or pruned since, or as
   *   {@linkcode answer}.
   * @throws {DisposedError} If the context was disposed of.
   */
  async ask(
    context: Context,
    queries: readonly ContextQuery<R>[],
    options: AnswerOptions = {},
  ): Promise<Answers<R>[]> {
    this.#check("ask a context", options, ["signal", "narrow"]);
    const parts = partsOfContext(context);
    if (parts === null) {
      throw new InputError(`Cannot ask a context: it must be one that a trunk's encode made, got ${kindOf(context)}`);
    }
    const { core, memory, texts, runner: encoder, segments } = parts;
    if (core !== this.#core) {
      throw new InputError(
        "Cannot ask this context: it is of another model; ask a trunk on the weights that it was encoded with",
      );
    }
    memory.lease.check();
    const checked = checkAll(queries, (query, subject) => checkContextQuery(query, texts, this.#asked(subject)));
    const passes = planContextPasses(parts, checked);
    const questions = checked.map((query) => query.questions);
    const own = { ...options };
    const found = await memory.lease.use(() =>
      core.use(async (runner) => {
        // Also when each pass begins: updates that were queued before it have come between, later ones have not.
        const checkWeights = () => {
          if (runner === encoder && segments.every(({ weights }) => core.gpu.versions.isCurrent(weights))) return;
          throw new InputError(
            "Cannot ask this context: the model was pruned, or the weights of its full layers were changed, since it was " +
              "encoded; encode the texts again",
          );
        };
        checkWeights();
        return await answerPasses(runner, { passes, queries: questions, options: own, onBegin: checkWeights });
      })
    );
    return namedAnswers<R>(questions, found);
  }

  /** GPU bytes of the contexts that are kept of the model's texts, by this trunk and by others on the same weights. */
  get contextBytes(): number {
    return this.#core.contexts.bytes;
  }

  /** Frees the trunk's GPU memory, after the calls under way, unless others share it; the device stays. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    if (this.#owned) this.#core.release();
  }

  /** {@linkcode dispose}, for `using`. */
  [Symbol.dispose](): void {
    this.dispose();
  }

  #check(action: string, options: AnswerOptions, known: readonly string[]): void {
    checkOptionNames(action, options, known);
    if (this.#disposed) throw new DisposedError("Cannot use this Trunk: it was disposed");
    this.#core.check();
    options.signal?.throwIfAborted();
  }

  #asked(subject: string) {
    return { readouts: this.#readouts, config: this.config, subject };
  }
}

/** The heads that readouts need, and whether one of them reads the pooled first token. */
function partsOf(readouts: readonly Readout[]): ModelParts {
  if (!Array.isArray(readouts) || readouts.length === 0) {
    throw new RangeError("Cannot make a Trunk: readouts must name one at least, got none");
  }
  const definitions = readouts.map(definitionOf);
  const names = definitions.map(({ name }) => name);
  const double = names.find((name, i) => names.indexOf(name) !== i);
  if (double !== undefined) {
    throw new RangeError(`Cannot make a Trunk: readouts must have names of their own, got two called "${double}"`);
  }
  for (const { name, head } of definitions) {
    const other = definitions.find((one) => one.head !== head && one.head.prefix === head.prefix);
    if (other === undefined || head.prefix === null) continue;
    throw new RangeError(
      `Cannot make a Trunk: readouts must read different weights or the same head, got ${name} and ${other.name}, ` +
        `whose heads are both "${head.prefix}" in a checkpoint; make a Trunk for each`,
    );
  }
  const heads = new Set<Head>(definitions.map(({ head }) => head));
  return { heads: [...heads], pooler: [...heads].some(({ pooling }) => pooling === true) };
}
