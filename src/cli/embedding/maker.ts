/** What a file of vectors says about the model that made them, and whether a model is that one. */

import { InputError } from "../../base/errors.ts";
import { quote } from "../../base/messages.ts";
import type { Tensor } from "../../base/tensor.ts";
import type { FeatureExtractionOptions, FeatureExtractionPipeline } from "../../pipelines/tasks/feature_extraction.ts";
import { shortestFloat } from "../../vectors/shortest.ts";
import { cos_sim } from "../../vectors/similarity.ts";

/** A text whose embedding tells models apart, and ways to pool. */
const PROBE = "the quick brown fox jumps over the lazy dog";
/** The least cosine of the probe's embeddings by one model on two machines. */
const SAME = 0.9999;

/** A pipeline, and the options of its calls. */
export interface Maker {
  readonly embed: FeatureExtractionPipeline;
  readonly options: FeatureExtractionOptions;
}

/** The metadata of vectors that a model makes: the embedding of a text that all files have. */
export async function makerMetadata(maker: Maker, model: string): Promise<Record<string, string>> {
  const probe = Array.from((await probed(maker)).data as Float32Array, shortestFloat);
  return { model, probe: JSON.stringify(probe) };
}

/**
 * Checks that vectors are of the same model and options as the queries. Nothing is checked if their file does not say.
 *
 * @throws {InputError} If they are not.
 */
export async function checkMaker(
  { metadata, vectors }: { metadata: Readonly<Record<string, string>>; vectors: Tensor },
  { name, ...maker }: Maker & { name: string },
): Promise<void> {
  const probe = await probed(maker);
  const [width, own] = [vectors.dims[1], probe.dims[1]];
  const cure = "give the --model, --pooling and other options that they were made with";
  if (width !== own) {
    throw new InputError(
      `Cannot search ${quote(name)}: its vectors have ${width} numbers, and a query has ${own}; ${cure}`,
    );
  }
  const made = metadata.probe === undefined ? null : numbersIn(metadata.probe, own!);
  if (made === null || cos_sim([made], probe).item() >= SAME) return;
  const by = metadata.model === undefined ? "another model" : `the model ${quote(metadata.model)}`;
  throw new InputError(`Cannot search ${quote(name)}: its vectors were made by ${by}, or with other options; ${cure}`);
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
