/** Reads and encodes blocks without holding up what else the program does. */

import { tick } from "../../../base/tick.ts";
import type { Encoder } from "../encoding/encoder.ts";
import type { Row } from "../encoding/row.ts";
import type { DataExample } from "../examples.ts";
import type { Block, Store } from "../source/blocks.ts";

/** Examples that are encoded at once. */
const SLICE = 16;

/** Milliseconds of encoding after which the event loop takes its turn, so that the GPU's results are not kept waiting. */
const TURN = 2;

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
  let begun = performance.now();
  for (const block of blocks) {
    const examples = await store.read(block);
    for (let at = 0; at < examples.length && !unwanted.aborted; at += SLICE) {
      rows.push(...encoder.encode(slice(examples, at), epoch));
      if (performance.now() - begun < TURN) continue;
      await tick();
      begun = performance.now();
    }
    if (unwanted.aborted) break;
  }
  return rows;
}

function slice(examples: readonly DataExample[], at: number): readonly DataExample[] {
  return examples.slice(at, at + SLICE);
}
