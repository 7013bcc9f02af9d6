/** The batches of an evaluation, in the order of the data. */

import type { Row } from "../encoding/row.ts";
import { cut } from "../order/batches.ts";
import { encodeBlocks } from "./encode_block.ts";
import { lookAhead, untilUnwanted } from "./look_ahead.ts";
import type { BatchSettings } from "./options.ts";
import { batchOf, type DataBatch, encoderOf, type Source } from "./source.ts";

/** How many blocks, and how many batches, are made ahead. */
const BLOCKS_AHEAD = 1;
const BATCHES_AHEAD = 2;

/** All examples in order. What is drawn by chance is drawn alike in every evaluation. */
export function evaluationBatches(source: Source, settings: BatchSettings): AsyncGenerator<DataBatch> {
  return untilUnwanted((unwanted) => {
    const blocks = lookAhead(blockRows(source, { settings, unwanted }), BLOCKS_AHEAD);
    return lookAhead(makeBatches(blocks, { source, settings }), BATCHES_AHEAD);
  });
}

/** The rows of one block after the other. */
async function* blockRows(
  source: Source,
  { settings, unwanted }: { settings: BatchSettings; unwanted: AbortSignal },
): AsyncGenerator<readonly Row[]> {
  const encoder = encoderOf(source, settings);
  for (const block of source.store.blocks) {
    const rows = await encodeBlocks([block], { store: source.store, encoder, epoch: 0, unwanted });
    if (unwanted.aborted) return;
    yield encoder.arrange?.(rows) ?? rows;
  }
}

async function* makeBatches(
  blocks: AsyncGenerator<readonly Row[]>,
  { source, settings }: { source: Source; settings: BatchSettings },
): AsyncGenerator<DataBatch> {
  let open: Row[] = []; // a batch that may go on in the next block
  for await (const rows of blocks) {
    const batches = cut([...open, ...rows], settings.limits);
    open = batches.pop() ?? [];
    for (const batch of batches) yield batchOf(batch, source, settings);
  }
  if (open.length > 0) yield batchOf(open, source, settings);
}
