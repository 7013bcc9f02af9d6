/** A trunk in another thread. */

import type { ReadoutAnswer } from "../readouts/readout.ts";
import type { Query } from "../trunk/query.ts";
import type { Answering, NamedAnswers } from "../trunk/query_batcher.ts";
import type { RemoteCalls } from "./calls.ts";
import type { Methods, Served, ServedCall } from "./serve.ts";

/** The method by which a trunk answers. */
const ANSWER = "answer";

/** Asks a trunk that {@linkcode answerMethod} serves. */
export class RemoteTrunk implements Answering {
  readonly #calls: RemoteCalls;
  readonly passTokens: number;

  /** @param passTokens Those of the trunk. */
  constructor(calls: RemoteCalls, { passTokens }: { passTokens: number }) {
    this.#calls = calls;
    this.passTokens = passTokens;
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
