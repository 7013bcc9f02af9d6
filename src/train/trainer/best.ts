/** The weights of the best model of a training. */

import { Tensor } from "../../base/tensor.ts";
import { openCheckpoint } from "../../io/checkpoint/open.ts";
import { openFolder } from "../../io/folder/folder.ts";

/**
 * The weights in a checkpoint of a training, by checkpoint name.
 *
 * @param folder The folder of the training.
 * @param checkpoint The name of the checkpoint in it.
 */
export async function bestWeights(folder: string, checkpoint: string): Promise<Map<string, Tensor>> {
  const stored = await openCheckpoint(await openFolder(folder, { subfolder: checkpoint }));
  return new Map(
    stored.names().map((name) => [name, new Tensor("float32", stored.float32(name).slice(), stored.info(name).shape)]),
  );
}
