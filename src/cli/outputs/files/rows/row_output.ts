/** An output of rows: begun anew, or gone on with. */

import type { InputItem } from "../../../inputs/inputs.ts";
import type { Fields } from "../../../../io/records/record.ts";
import type { Column } from "../../columns.ts";
import type { Terminal } from "../../terminal.ts";
import type { Ahead } from "./ahead.ts";
import type { AnsweringParts, Destination, OpenOutput } from "../destination.ts";
import type { OutputPlace } from "../place.ts";
import { differenceOf, type EarlyOrigin, notePathOf, type Origin, ResumeNote } from "./resume_note.ts";
import { holdAgainst, type Kept, notResumed } from "./resuming.ts";
import { RowFile } from "./row_file.ts";
import type { RowFormat } from "./row_format.ts";
import type { RowFormats } from "./row_formats.ts";

/** What an output of rows is opened with. */
export interface RowOutputSettings<Item extends InputItem, Answer> {
  readonly place: OutputPlace;
  /** Its formats, for the questions that are asked. */
  readonly formats: RowFormats<Answer>;
  readonly questions: Ahead<Item>;
  readonly origin: EarlyOrigin;
  readonly terminal: Terminal;
}

/** An output of rows. */
export class RowOutput<Item extends InputItem, Answer> implements Destination<Item, Answer> {
  readonly done: Destination<Item, Answer>["done"];
  readonly isComplete: boolean;
  readonly isUnbroken = true;
  readonly #settings: RowOutputSettings<Item, Answer>;
  readonly #file: RowFile;
  readonly #kept: Kept<Answer>;
  /** The note, which no other run has meanwhile; `null` if nothing is written, or nothing that could be gone on with. */
  readonly #note: ResumeNote | null;
  /** What the note said. */
  readonly #begun: Origin | null;
  #rows: number;
  #isEnded = false;

  private constructor(
    settings: RowOutputSettings<Item, Answer>,
    { file, note, begun, kept, isComplete }: {
      file: RowFile;
      note: ResumeNote | null;
      begun: Origin | null;
      kept: Kept<Answer>;
      isComplete: boolean;
    },
  ) {
    this.#settings = settings;
    this.#file = file;
    this.#note = note;
    this.#begun = begun;
    this.#kept = kept;
    this.#rows = kept.rows;
    this.done = kept;
    this.isComplete = isComplete;
  }

  /**
   * Opens it. What is there already is read, and held against the questions.
   *
   * @throws {UsageError} If another process writes it, or it was not begun with what is asked for now, or is not of these questions.
   */
  static async open<Item extends InputItem, Answer>(
    settings: RowOutputSettings<Item, Answer>,
  ): Promise<RowOutput<Item, Answer>> {
    const { place, formats, questions, origin } = settings;
    if (place.size === 0) return await RowOutput.#begin(settings);
    const note = await ResumeNote.take(place.path, { create: false });
    try {
      const begun = await note?.read() ?? null;
      if (note !== null && begun === null) throw notResumed(place.path, `${notePathOf(place.path)} is damaged`);
      const difference = begun === null ? null : differenceOf({ ...begun, model: undefined }, origin);
      if (difference !== null) throw notResumed(place.path, difference);
      const kept = await holdAgainst(place.path, questions, formats.toReadBack(begun?.columns ?? null));
      const isComplete = kept.size === place.size && kept.format !== null &&
        await questions.find(() => true) === undefined;
      if (begun === null && !isComplete) {
        throw notResumed(
          place.path,
          `it is not complete, and ${notePathOf(place.path)} is missing, which says how it was begun`,
        );
      }
      if (isComplete) await note?.remove();
      const file = await RowFile.open(place);
      return new RowOutput(settings, { file, note: isComplete ? null : note, begun, kept, isComplete });
    } catch (error) {
      await note?.leave();
      throw error;
    }
  }

  /** Begins one. The note comes first: whoever has it has the output. */
  static async #begin<Item extends InputItem, Answer>(
    settings: RowOutputSettings<Item, Answer>,
  ): Promise<RowOutput<Item, Answer>> {
    const { place } = settings;
    const kept: Kept<Answer> = { size: 0, rows: 0, refused: 0, end: 0, format: null };
    const note = place.isDevice ? null : await ResumeNote.take(place.path, { create: true });
    let file: RowFile | null = null;
    try {
      file = await RowFile.open(place);
      await file.checkEmpty();
      return new RowOutput(settings, { file, note, begun: null, kept, isComplete: false });
    } catch (error) {
      await file?.discard();
      await note?.leave();
      throw error;
    }
  }

  get questions(): AsyncIterable<Item> {
    return this.#settings.questions.rest();
  }

  check({ columns }: AnsweringParts<Answer>): void {
    const { formats, place } = this.#settings;
    const { format: found, size } = this.#kept;
    const { head } = formats.toWrite(columns, found);
    if (size === 0 || found === null || found.head === head) return;
    throw notResumed(place.path, `its first line is ${found.head.trimEnd()} and must be ${head.trimEnd()}`);
  }

  async open({ columns, digests }: AnsweringParts<Answer>): Promise<OpenOutput<Answer>> {
    const { origin: early, place } = this.#settings;
    const origin = { ...early, columns: columns.map(({ name }) => name), model: await digests() };
    if (this.#begun !== null) {
      const difference = differenceOf(this.#begun, origin);
      if (difference !== null) throw notResumed(place.path, difference);
    } else {
      await this.#file.checkEmpty(); // a program without notes may have come
      await this.#note?.write(origin);
    }
    const format = await this.#prepared(columns);
    return {
      misfit: (given: Fields) => format.misfit(given),
      put: async (outcomes) => {
        if (outcomes.length === 0) return;
        await this.#file.append(outcomes.map((outcome) => format.row(outcome)).join(""));
        this.#rows += outcomes.length;
      },
      end: async () => {
        this.#isEnded = true;
        await this.#file.close();
        await this.#note?.remove();
      },
    };
  }

  /** Brings the file to the state in which rows are appended. */
  async #prepared(columns: readonly Column<Answer>[]): Promise<RowFormat<Answer>> {
    const { formats, place } = this.#settings;
    const { format: found, size } = this.#kept;
    const format = formats.toWrite(columns, found);
    await this.#file.cutTo(size);
    if (found === null) await this.#file.append(format.head);
    else if (format.holdsErrors && !found.holdsErrors) {
      await this.#file.replaceBy(formats.widened(place.path, format, size));
    }
    return format;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { place, terminal, questions } = this.#settings;
    if (this.isComplete) await this.#file.close();
    if (this.#isEnded || this.isComplete) return;
    await questions.close().catch(() => {});
    if (place.isDevice) return await this.#file.close();
    if (this.#rows === 0) {
      await this.#file.discard();
      await this.#note?.remove();
      return;
    }
    await this.#file.close();
    await this.#note?.leave();
    const [rows, them] = this.#rows === 1
      ? ["1 row is", "it"]
      : [`${this.#rows.toLocaleString("en")} rows are`, "them"];
    const cure = `the same command with --resume goes on behind ${them}`;
    await terminal.complain(`narrowbert: ${rows} in ${place.path}; ${cure}\n`);
  }
}
