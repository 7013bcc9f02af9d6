/** A task without a model, over texts of which each character is a token, that writes down what happens to it. */

import { InputError } from "../../src/base/errors.ts";
import { states } from "../../src/heads/readouts/states.ts";
import type { Query } from "../../src/heads/trunk/query.ts";
import { Engine } from "../../src/pipelines/engine/engine.ts";
import type { Item, Task } from "../../src/pipelines/engine/task.ts";

/** Options of the fake task. */
export interface ShoutOptions {
  /** What to put after each answer. */
  mark?: string;
}

/** What a fake task has seen. */
export interface Journal {
  /** The texts of each batch, in the order of their computation. */
  batches: string[][];
  /** Batches that were begun and have not ended, and the most that there were of them. */
  running: number;
  mostRunning: number;
}

interface Letters extends Item {
  readonly text: string;
}

/** How the fake task computes a batch; it may wait, or throw. */
export type Compute = (texts: readonly string[], signal: AbortSignal | undefined) => Promise<void> | void;

/**
 * A task that gives a text in capitals. It refuses texts with a question mark; `∞` stands for a number that is
 * infinite; the text `wordless` has no answer; each word is an item of its own.
 */
export function shouting(
  compute: Compute = () => {},
): { engine: Engine<string, string, ShoutOptions>; journal: Journal } {
  const journal: Journal = { batches: [], running: 0, mostRunning: 0 };
  const answer = async (texts: readonly string[], signal: AbortSignal | undefined) => {
    journal.batches.push([...texts]);
    journal.mostRunning = Math.max(journal.mostRunning, ++journal.running);
    try {
      await compute(texts, signal);
    } finally {
      journal.running--;
    }
    return texts.map((text) => ({
      [states.name]: {
        values: Float32Array.from(text, (letter) => letter === "∞" ? Infinity : letter.codePointAt(0)!),
      },
    }));
  };
  const textOf = ({ tokens }: Query) => String.fromCodePoint(...Array.from(tokens.input_ids));
  const task: Task<string, string, ShoutOptions, Letters> = {
    model: { trunk: { answer: (queries, { signal }) => answer(queries.map(textOf), signal) } },
    action: "shout",
    noun: "text",
    options: ["mark"],
    begin: ({ mark = "" }) => ({
      pack(input, name) {
        if (input.includes("?")) throw new InputError(`Cannot shout ${name}: it must not ask`);
        return input.split(" ").filter((word) => word !== "").map((text) => {
          const ids = Array.from(text, (letter) => letter.codePointAt(0)!);
          return {
            text,
            encoding: { input_ids: ids, token_type_ids: ids.map(() => 0), attention_mask: ids.map(() => 1) },
          };
        });
      },
      readout: states,
      ask: () => ({}),
      collect(results, _items, input) {
        if (input === "wordless") throw new Error("there are no words for this");
        return results.map(({ values }) => String.fromCodePoint(...Array.from(values)).toUpperCase()).join(" ") + mark;
      },
    }),
  };
  return { engine: new Engine(task), journal };
}
