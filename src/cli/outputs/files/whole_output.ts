/** An output that is written when all is answered. */

import { jsonText } from "../../../base/json.ts";
import type { InputItem } from "../../inputs/inputs.ts";
import type { AnswerOutput, Outcome } from "../outcome.ts";
import { arrayText } from "../outputs.ts";
import type { Terminal } from "../terminal.ts";
import type { AnsweringParts, Destination } from "./destination.ts";
import { type JsonChoice, objectOfOutcome } from "./rows/json_rows.ts";
import type { OutputPlace } from "./place.ts";
import { WholeFile } from "./whole_file.ts";

/** Where the bytes of a file go. */
export interface Written {
  write(part: string | Uint8Array): Promise<unknown>;
  /** Writes the first bytes anew. */
  rewrite(start: Uint8Array): Promise<unknown>;
}

/** A format of files that are written as a whole: takes the answers, and writes the file; it is complete after `end`. */
export type WholeFormat<Answer> = (file: Written, model: AnsweringParts<Answer>) => AnswerOutput<Answer>;

/** Opens an output that gets its name once all of it is written. */
export async function openWholeOutput<Item extends InputItem, Answer>(
  place: OutputPlace,
  format: WholeFormat<Answer>,
  { questions, terminal }: { questions: AsyncIterable<Item>; terminal: Terminal },
): Promise<Destination<Item, Answer>> {
  const file = await WholeFile.open(place);
  let answered = 0;
  let isEnded = false;
  return {
    questions,
    done: { rows: 0, refused: 0, end: 0 },
    isComplete: false,
    isUnbroken: true,
    open(model) {
      const { put, end } = format(file, model);
      return Promise.resolve({
        put: (outcomes) => {
          answered += outcomes.length;
          return put(outcomes);
        },
        end: async () => {
          await end();
          await file.finish();
          isEnded = true;
        },
      });
    },
    async [Symbol.asyncDispose]() {
      if (isEnded) return;
      await file.discard();
      if (answered === 0) return;
      await terminal.complain(
        `narrowbert: ${place.path} is not written, as it is written as a whole; an output of .csv or .jsonl can be gone on with\n`,
      );
    },
  };
}

/** An output that takes all, and makes the text of a file of it in the end. */
export function collected<Answer>(textOf: (outcomes: readonly Outcome<Answer>[]) => string): WholeFormat<Answer> {
  return (file) => {
    const all: Outcome<Answer>[] = [];
    return {
      put(outcomes) {
        for (const outcome of outcomes) all.push(outcome);
        return Promise.resolve();
      },
      end: async () => void await file.write(textOf(all)),
    };
  };
}

/** A JSON array. */
export function jsonFile<Answer>(choice: JsonChoice<Answer>): WholeFormat<Answer> {
  return (file) => {
    const elements: string[] = []; // answers may be large: their texts are less
    return {
      put(outcomes) {
        for (const outcome of outcomes) elements.push(jsonText(objectOfOutcome(choice, outcome)));
        return Promise.resolve();
      },
      end: async () => void await file.write(arrayText(elements)),
    };
  };
}

/** A JSON object a line. */
export function jsonLinesFile<Answer>(choice: JsonChoice<Answer>): WholeFormat<Answer> {
  return collected((outcomes) => outcomes.map((one) => `${jsonText(objectOfOutcome(choice, one))}\n`).join(""));
}
