/** Reads a checkpoint of any layout as the published one, checking everything but the numbers before any is read. */

import { CheckpointError } from "../../base/errors.ts";
import { listed, quoted } from "../../base/messages.ts";
import { FloatMemory } from "../../io/checkpoint/floats.ts";
import type { Elements } from "../../nn/layout/lay_out.ts";
import type { NarrowBertConfig } from "../config/config.ts";
import type { Head, ModelParts } from "../head.ts";
import { absences, differences, firstDifference, misfits, notBert } from "./checks.ts";
import { isSuperfluous, publishedName, TIED } from "./stored_names.ts";
import { countLayers, settleLayers, splitLayers } from "./layers.ts";
import { parameterShapes } from "./parameter_shapes.ts";
import { BODY, DECODER, DECODER_BIAS } from "./published_names.ts";
import { layoutOf } from "./saved_layout.ts";
import { randomWeights } from "./random_weights.ts";
import type { StoredWeights } from "./stored_weights.ts";

/** Which weights to look for, and how to take others. */
export interface WeightOptions extends ModelParts {
  /** Heads whose weights give no warning if the model has no head itself. */
  readonly known?: readonly Head[];
  /** Makes weights that the model has no use for an error, not a warning. @default false */
  readonly strict?: boolean;
  /** The seed of new weights for the head, and for the pooler if there is none; null if they must be there. */
  readonly newHead?: number | null;
}

/** A model's weights under their published names. */
export interface Weights {
  /** The config as given, with `full_length_layers` settled; its model type is `bert` if it is an ordinary BERT. */
  readonly config: NarrowBertConfig;
  /** Every parameter of the model, in the order of {@linkcode parameterShapes}. */
  readonly names: readonly string[];
  /** Stored names that the model has no use for, without those that BERT checkpoints commonly hold. */
  readonly unexpected: readonly string[];
  /** Warnings for a person, a sentence each. */
  readonly warnings: readonly string[];
  /**
   * The elements of a parameter as 32-bit floats, row-major. They are read when they are asked for, into the same memory
   * for all parameters. A stored copy of the parameter is read along, and compared.
   *
   * @throws {CheckpointError} When they are asked for, if one of them is not finite or differs from its copy.
   */
  open(name: string): Elements;
  /** The name of a parameter in the checkpoint. @throws {RangeError} If it is a new one. */
  stored(name: string): string;
  /** Dimensions of a parameter. */
  shape(name: string): readonly number[];
}

/**
 * Finds a model's weights in a checkpoint, whichever layout it has: the published one, the authors' `bert.` prefix,
 * no prefix, an ordinary BERT's single list of layers, LayerNorms with gamma and beta, shared weights stored twice.
 *
 * @throws {CheckpointError} If weights are missing, mis-shaped, of a wrong type or, with `strict`, without a use: it
 *   lists all of them. If the layers disagree with the config, or it is another architecture's checkpoint.
 */
export function resolveWeights(checkpoint: StoredWeights, config: NarrowBertConfig, options: WeightOptions): Weights {
  const { location } = checkpoint;
  const problems: string[] = [];
  const { settled, sources } = locate(checkpoint, config, problems);
  const copies = takeCopies(sources, options, settled);
  const shapes = parameterShapes(settled, options);
  const fresh = newWeights(settled, sources, { shapes, options });

  const missing = [...shapes.keys()].filter((name) => !sources.has(name) && !fresh.has(name));
  problems.push(...absences(missing, options.heads));
  for (const [name, stored] of [...sources, ...copies]) {
    const shape = shapes.get(name);
    if (shape !== undefined) problems.push(...misfits(checkpoint, stored, shape));
  }
  const unexpected = [...sources]
    .filter(([name]) => !shapes.has(name) && !isSuperfluous(name, options))
    .map(([, stored]) => stored);
  const noUse = (names: readonly string[]) => names.length === 0 ? [] : [`this model has no use for ${quoted(names)}`];
  if (options.strict) problems.push(...noUse(unexpected).map((problem) => `${problem} (strict: false ignores them)`));
  const refuse = (problems: readonly string[]) => {
    if (problems.length > 0) throw new CheckpointError(`Cannot load "${location}":${listed(problems)}`);
  };
  refuse(problems);

  const stored = [...shapes.keys()].filter((name) => !fresh.has(name));
  const parameters = new Map(stored.map((name) => [name, known(sources, name)]));
  const [memory, other] = [new FloatMemory(), new FloatMemory()];
  const allDifferences = () =>
    [...copies].flatMap(([name, copy]) => {
      return parameters.has(name) ? differences(checkpoint, { copy, original: known(parameters, name) }) : [];
    });
  const open = (name: string): Elements => {
    const made = fresh.get(name);
    if (made !== undefined) return made;
    const [original, copy] = [known(parameters, name), copies.get(name)];
    return {
      subarray(begin, end) {
        const values = checkpoint.float32(original, { begin, end, memory });
        if (copy === undefined) return values;
        const copied = checkpoint.float32(copy, { begin, end, memory: other });
        if (firstDifference(values, copied) >= 0) refuse(allDifferences());
        return values;
      },
    };
  };
  return {
    config: settled,
    names: [...shapes.keys()],
    unexpected,
    warnings: noUse(unexpected.filter((name) => !isOfOtherHead(name, options))).map((problem) =>
      `In "${location}", ${problem}`
    ),
    open,
    stored: (name) => known(parameters, name),
    shape: (name) => known(shapes, name),
  };
}

/** Stored names by published names, and the config with the layers that were found. */
function locate(
  checkpoint: StoredWeights,
  config: NarrowBertConfig,
  problems: string[],
): { settled: NarrowBertConfig; sources: Map<string, string> } {
  const { location } = checkpoint;
  const names = checkpoint.names();
  const published = names.map(publishedName);
  const counts = countLayers(published);
  if (counts.encoder + counts.narrow === 0) throw notBert(location, names);
  const found = settleLayers(config, counts, location);
  const settled = found.with({ model_type: layoutOf(found) });
  const sources = new Map<string, string>();
  for (const [index, stored] of names.entries()) {
    const title = published[index] as string;
    const name = counts.narrow === 0 ? splitLayers(title, settled) : title;
    const other = sources.get(name);
    if (other !== undefined) problems.push(`${quoted([other])} and ${quoted([stored])} are names of the same weight`);
    sources.set(name, stored);
  }
  return { settled, sources };
}

/**
 * New weights of a head, which take the place of those in the checkpoint, and of the pooler if that is missing; none if
 * they are not asked for.
 */
function newWeights(
  config: NarrowBertConfig,
  sources: Map<string, string>,
  { shapes, options: { heads, newHead = null } }: {
    shapes: ReadonlyMap<string, readonly number[]>;
    options: WeightOptions;
  },
): Map<string, Float32Array> {
  if (newHead === null) return new Map();
  const isOfHead = (name: string) => heads.some(({ prefix }) => prefix !== null && name.startsWith(`${prefix}.`));
  const names = [...shapes.keys()].filter((name) => {
    return isOfHead(name) || (name.startsWith(`${BODY}pooler.`) && !sources.has(name));
  });
  for (const name of names) sources.delete(name);
  const random = randomWeights(config, shapes, newHead);
  return new Map(names.map((name) => [name, random.get(name).subarray(0, Infinity)]));
}

/**
 * Whether a weight belongs to a head of which a model without a head, or with a new one, has no use: that needs no
 * warning.
 */
function isOfOtherHead(name: string, { heads, known = [], newHead = null }: WeightOptions): boolean {
  const hasNone = newHead !== null || heads.every(({ prefix }) => prefix === null);
  return hasNone && known.some(({ prefix }) => name.startsWith(`${prefix}.`));
}

/**
 * Takes copies of shared weights out of `sources`; a decoder of its own is none, and its bias replaces the head's. A copy
 * replaces an original that is missing, as files without duplicates may have kept either name. The other copies are returned
 * by the name that they must be equal to.
 */
function takeCopies(
  sources: Map<string, string>,
  { heads }: ModelParts,
  { tie_word_embeddings }: NarrowBertConfig,
): Map<string, string> {
  const decodes = heads.some(({ name }) => name === "masked_lm");
  const copies = new Map<string, string>();
  for (const [copy, name] of TIED) {
    if (copy === DECODER && !tie_word_embeddings) continue;
    const stored = sources.get(copy);
    if (stored === undefined || (!decodes && sources.has(name))) continue;
    sources.delete(copy);
    const isOwn = copy === DECODER_BIAS && !tie_word_embeddings; // then it is what counts
    if (sources.has(name) && !isOwn) copies.set(name, stored);
    else sources.set(name, stored);
  }
  return copies;
}

/** The entry of a map for a parameter. */
function known<T>(map: ReadonlyMap<string, T>, name: string): T {
  const value = map.get(name);
  if (value === undefined) throw new RangeError(`Cannot find weight "${name}": it is not a parameter of this model`);
  return value;
}
