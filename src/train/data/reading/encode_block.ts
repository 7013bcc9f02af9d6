/** Reads and encodes blocks without holding up what else the program does. */

import { tick } from "../../../base/tick.ts";
import type { Encoder } from "../encoding/encoder.ts";
import type { Row } from "../encoding/row.ts";
import type { Block, Store } from "../source/blocks.ts";

/** Milliseconds of encoding after which the event loop takes its turn, so that the GPU's results are not kept waiting. */
const TURN = 2;

/** Most examples that are encoded at once. */
const MOST = 64;

/** What is read, and how it is encoded. */
export interface Reading<B extends Block = Block> {
  readonly store: Store<B>;
  readonly encoder: Encoder;
  readonly epoch: number;
  /** Ends the work early. */
  readonly unwanted: AbortSignal;
}

/** The rows of the examples of blocks; some of them if they are unwanted. */
export async function encodeBlocks<B extends Block>(blocks: readonly B[], reading: Reading<B>): Promise<Row[]> {
  const { store, encoder, epoch, unwanted } = reading;
  const rows: Row[] = [];
  let count = 1; // examples of a turn, by how long the last ones took
  for (const block of blocks) {
    const examples = await store.read(block);
    for (let at = 0; at < examples.length;) {
      if (unwanted.aborted) return rows;
      const begun = performance.now();
      rows.push(...encoder.encode(examples.slice(at, at + count), epoch));
      at += count;
      const took = performance.now() - begun;
      count = Math.max(1, Math.min(MOST, took < TURN / 2 ? 2 * count : took > TURN ? count >> 1 : count));
      await tick();
    }
  }
  return rows;
}
