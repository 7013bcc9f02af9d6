/** What a file of vectors says about the model that made them, and whether a model is that one. */

import { InputError } from "../../base/errors.ts";
import { quote } from "../../base/messages.ts";
import { withoutSecrets } from "../../io/folder/location.ts";
import type { Tensor } from "../../base/tensor.ts";
import type { FeatureExtractionOptions, FeatureExtractionPipeline } from "../../pipelines/tasks/feature_extraction.ts";
import { shortestFloat } from "../../vectors/shortest.ts";
import { cos_sim } from "../../vectors/similarity.ts";

/** A text whose embedding tells models apart, and ways to pool. */
const PROBE = "the quick brown fox jumps over the lazy dog";
/** The least cosine of the probe's embeddings by one model on two machines. */
const SAME = 0.9999;
/** The least cosine of a text's embeddings by one model, in 16 bits or 32, with a prompt or another. */
const ALIKE = 0.99;

/** A pipeline, and the options of its calls. */
export interface Maker {
  readonly embed: FeatureExtractionPipeline;
  readonly options: FeatureExtractionOptions;
}

/**
 * The metadata of vectors that a model makes: its name, the options that differ from its files, and the embedding of a text
 * that is the same for all.
 *
 * @param model As the user names it: of a path the last name is told, of a URL no secret. The shipped one if it is left out.
 */
export async function makerMetadata(maker: Maker, model = "wordnet/mlm"): Promise<Record<string, string>> {
  const { pooling, normalize, dimensions, prompt, prompt_name } = maker.options;
  const own = Object.entries({ pooling, normalize, dimensions, prompt, prompt_name }).filter(([, of]) =>
    of !== undefined
  );
  const probe = Array.from((await probed(maker)).data as Float32Array, shortestFloat);
  return {
    model: nameOfModel(model),
    ...Object.fromEntries(own.map(([name, of]) => [name, `${of}`])),
    probe: JSON.stringify(probe),
  };
}

function nameOfModel(model: string): string {
  if (/^[a-z]+:\/\//i.test(model)) return withoutSecrets(model);
  const names = model.split(/[\\/]/).filter((name) => name !== "");
  return /^[./\\]|^[a-z]:/i.test(model) || names.length > 2 ? names.at(-1) ?? model : model;
}

/**
 * Checks that vectors are of the same model and options as the queries. Nothing is checked if their file does not say.
 *
 * @throws {InputError} If they are not.
 */
export async function checkMaker(
  { metadata, vectors }: { metadata: Readonly<Record<string, string>>; vectors: Tensor },
  { name, width: own, ...maker }: Maker & { name: string; width: number },
): Promise<void> {
  const [, width] = vectors.dims;
  const cure = "give the --model, --pooling and other options that they were made with";
  if (width !== own) {
    throw new InputError(
      `Cannot search ${quote(name)}: its vectors have ${width} numbers, and a query has ${own}; ${cure}`,
    );
  }
  const made = metadata.probe === undefined ? null : numbersIn(metadata.probe, own);
  if (made === null || cos_sim(made, await probed(maker)).item() >= SAME) return;
  const said = Object.entries(metadata).filter(([key]) => key !== "probe").map(([key, of]) => `${key} ${quote(of)}`);
  throw new InputError(
    `Cannot search ${quote(name)}: its vectors were made by another model, or with other options (it says ${
      said.join(", ") || "nothing more"
    }); ${cure}`,
  );
}

/**
 * Checks that the vector of a text is one that the model gives, with or without a prompt. Nothing is checked if the text is
 * longer than the model takes.
 *
 * @throws {InputError} If it is not.
 */
export async function checkVector(
  { vector, text }: { vector: Tensor; text: string },
  { name, embed, options }: Maker & { name: string },
): Promise<void> {
  const prompts = new Set(["", ...Object.values(embed.prompts), options.prompt ?? ""]);
  const asked = [...prompts].map((prompt) => embed(text, { ...options, prompt, prompt_name: undefined }));
  const own = await Promise.all(asked).catch((error) => {
    if (error instanceof InputError) return null; // it is too long: it was cut, or read in windows
    throw error;
  });
  if (own === null) return;
  const best = Math.max(...cos_sim(vector, own).data);
  if (best >= ALIKE) return;
  throw new InputError(
    `Cannot search ${quote(name)}: its first vector is not what the model gives for the first text (cosine ` +
      `${best.toFixed(2)}): it is of another model, other options or another text; give those that they were made with`,
  );
}

async function probed({ embed, options }: Maker): Promise<Tensor> {
  return await embed(PROBE, {
    ...options,
    prompt: "",
    prompt_name: undefined,
    precision: "float32",
    ranges: undefined,
  });
}

function numbersIn(text: string, length: number): number[] | null {
  try {
    const numbers: unknown = JSON.parse(text);
    const isVector = Array.isArray(numbers) && numbers.length === length && numbers.every(Number.isFinite);
    return isVector ? numbers : null;
  } catch {
    return null;
  }
}
