/** A trunk in another thread. */

import type { ReadoutAnswer } from "../readouts/readout.ts";
import type { NarrowBertConfig } from "../../model/config/config.ts";
import type { NamedAnswers, Query } from "../trunk/query.ts";
import type { Answering } from "../trunk/query_batcher.ts";
import { rowsOfQuery } from "../trunk/query_rows.ts";
import type { RemoteCalls } from "./calls.ts";
import type { Methods, Served, ServedCall } from "./serve.ts";

/** The method by which a trunk answers. */
const ANSWER = "answer";

/** Asks a trunk that {@linkcode answerMethod} serves. */
export class RemoteTrunk implements Answering {
  readonly #calls: RemoteCalls;
  readonly #config: NarrowBertConfig;
  readonly passTokens: number;
  /** Nothing changes weights in a Worker. */
  readonly isFixed = true;

  /** @param trunk What is known of the trunk here. */
  constructor(calls: RemoteCalls, { passTokens, config }: { passTokens: number; config: NarrowBertConfig }) {
    this.#calls = calls;
    this.#config = config;
    this.passTokens = passTokens;
  }

  /** The narrow rows that a query asks for. */
  rowsOf(query: Query): number {
    return rowsOfQuery(query, this.#config);
  }

  /** @throws As the trunk's `answer`; {@linkcode WorkerError} if its Worker is gone. */
  async answer(
    queries: readonly Query[],
    { signal }: { signal?: AbortSignal | undefined } = {},
  ): Promise<readonly NamedAnswers[]> {
    const plain = queries.map(({ tokens: { input_ids, token_type_ids }, ask }) => ({
      tokens: { input_ids, ...(token_type_ids && { token_type_ids }) },
      ask,
    }));
    return await this.#calls.call(ANSWER, plain, { signal }) as readonly NamedAnswers[];
  }
}

/** The method of a Worker by which a trunk answers. @param trunkOf Gives the trunk when it is asked. */
export function answerMethod(trunkOf: () => Answering): Methods {
  return {
    async [ANSWER](queries: readonly Query[], { signal }: ServedCall): Promise<Served> {
      const value = await trunkOf().answer(queries, { signal });
      return { value, transfer: [...buffersOf(value)] };
    },
  };
}

/** The buffers of all numbers in some answers. The answers of one text may share them. */
function buffersOf(answers: readonly NamedAnswers[]): Set<ArrayBuffer> {
  const buffers = new Set<ArrayBuffer>();
  for (const answer of answers) {
    for (const one of Object.values(answer) as ReadoutAnswer[]) {
      for (const value of Object.values(one)) {
        if (ArrayBuffer.isView(value) && value.buffer instanceof ArrayBuffer) buffers.add(value.buffer);
      }
    }
  }
  return buffers;
}
