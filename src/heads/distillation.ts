/** Calls of students with a teacher: what is learned, and whether both models fit. */

import { DisposedError, InputError } from "../base/errors.ts";
import { classOf, shown } from "../base/messages.ts";
import { checkOptionNames } from "../base/options.ts";
import type { Batch, ModelInputs } from "../model/batch/inputs.ts";
import { rowCountOf } from "../model/batch/padded.ts";
import type { NarrowBertConfig } from "../model/config/config.ts";
import type { ModelCore } from "../model/core.ts";
import type { Lesson, LessonScalars } from "../model/distillation.ts";
import type { ModelHead } from "../model/head.ts";
import type { HeadCall } from "./calls/head_call.ts";
import { lossCall } from "./calls/losses.ts";
import { SEQUENCE_CLASSIFICATION } from "./layers/pooled_classifier.ts";
import { TOKEN_CLASSIFICATION } from "./layers/token_classifier.ts";

/** How a student's loss is made of its labels' and of its distance from a teacher. */
export interface LessonOptions {
  /** What logits are divided by before their distributions are compared. @default 2 */
  temperature?: number | undefined;
  /** Share of the distance from the teacher's logits, from 0 to 1; the labels' loss has the rest. @default 0.5 */
  weight?: number | undefined;
  /** Weight of the mean squared difference of the last states, beside the others; 0 for none. @default 0 */
  states?: number | undefined;
}

/** The {@linkcode LessonOptions}, each with its value. */
interface LessonWeights {
  readonly temperature: number;
  readonly weight: number;
  readonly states: number;
}

/** A teacher in a call: its core, which the call keeps on the GPU, and what is learned. */
export interface Teaching {
  readonly core: ModelCore;
  readonly lesson: Lesson;
  readonly scalars: LessonScalars;
}

/** A model with its class, as checks see it. */
export interface ClassModel {
  readonly core: ModelCore;
  readonly head: ModelHead;
  /** The name of the class. */
  readonly name: string;
}

/** A call whose loss is learned from, and the teacher in it. */
export interface LossCall extends HeadCall {
  readonly teaching: Teaching | null;
}

/**
 * The call of a student that computes its loss.
 *
 * @param call `purpose` is what the loss is for, in messages: `compute gradients`. `classModel` finds what a model is; null
 *   for what is none.
 * @throws {TypeError} If the class has no loss, or the teacher does not fit.
 * @throws {RangeError} If an option is out of range.
 * @throws {InputError} If there are no labels, or an input does not fit the model or its teacher.
 * @throws {Error} If the teacher was disposed of, or is on another device.
 */
export function lossCallWith(
  student: ClassModel,
  { inputs, purpose, teacher, classModel }: {
    inputs: ModelInputs;
    purpose: string;
    teacher?: LessonOptions & { model: unknown } | undefined;
    classModel: (model: unknown) => ClassModel | null;
  },
): LossCall {
  const { config } = student.core;
  if (teacher === undefined) return { ...lossCall(student, { inputs, config, purpose }), teaching: null };
  if (typeof teacher !== "object" || teacher === null) {
    throw new TypeError(`Cannot ${purpose}: teacher must be an object with a model, got ${classOf(teacher)}`);
  }
  checkOptionNames(purpose, teacher, ["model", "temperature", "weight", "states"]);
  const weights = readWeights(purpose, teacher);
  const taught = readModel(purpose, teacher.model, classModel);
  const call = lossCall(student, { inputs, config, purpose, teacherWeight: weights.weight });
  return { ...call, teaching: teachingOf({ purpose, student, teacher: taught }, weights, call) };
}

function readModel(
  purpose: string,
  model: unknown,
  classModel: (model: unknown) => ClassModel | null,
): ClassModel {
  let found: ClassModel | null;
  try {
    found = classModel(model);
  } catch (cause) {
    throw new DisposedError(`Cannot ${purpose}: teacher.model must be on the GPU, but it was disposed of`, { cause });
  }
  if (found !== null) return found;
  throw new TypeError(`Cannot ${purpose}: teacher.model must be a loaded model, got ${classOf(model)}`);
}

/**
 * The options with their defaults.
 *
 * @throws {RangeError} If one is out of range.
 */
function readWeights(
  purpose: string,
  { temperature = 2, weight = 0.5, states = 0 }: LessonOptions,
): LessonWeights {
  const rules: [name: string, value: unknown, fits: boolean, expected: string][] = [
    ["temperature", temperature, Number.isFinite(temperature) && temperature > 0, "a positive number"],
    ["weight", weight, Number.isFinite(weight) && weight >= 0 && weight <= 1, "from 0 to 1"],
    ["states", states, Number.isFinite(states) && states >= 0, "a number from 0"],
  ];
  for (const [name, value, fits, expected] of rules) {
    if (!fits) throw new RangeError(`Cannot ${purpose}: teacher.${name} must be ${expected}, got ${String(value)}`);
  }
  return { temperature, weight, states };
}

/**
 * Checks that a teacher fits a student and its inputs.
 *
 * @throws {TypeError} If its class or a size differs from the student's.
 * @throws {InputError} If it has too few positions or token types for the inputs.
 * @throws {Error} If it is on another device.
 */
function teachingOf(
  { purpose, student, teacher }: { purpose: string; student: ClassModel; teacher: ClassModel },
  { temperature, weight, states }: LessonWeights,
  { batch, rule, head, lesson }: HeadCall,
): Teaching {
  const [own, other] = [student.core.config, teacher.core.config];
  if (teacher.head !== student.head) {
    throw new TypeError(`Cannot ${purpose}: teacher.model must be a ${student.name}, got a ${teacher.name}`);
  }
  if (teacher.core.gpu !== student.core.gpu) {
    throw new Error(
      `Cannot ${purpose}: teacher.model must be on the device of the student (${student.core.gpu.name}), got another ` +
        `(${teacher.core.gpu.name}); load both with the same device`,
    );
  }
  checkSame(purpose, "vocab_size", { own, other }, "both must have the same tokenizer");
  if (student.head === SEQUENCE_CLASSIFICATION || student.head === TOKEN_CLASSIFICATION) {
    checkSame(purpose, "num_labels", { own, other }, "both must have the same labels");
    checkLabels(purpose, { own, other });
  }
  if (states > 0) checkSame(purpose, "hidden_size", { own, other }, "leave states out");
  if (batch.embeds !== null) checkSame(purpose, "hidden_size", { own, other }, "give input_ids, not inputs_embeds");
  checkInputs(purpose, batch, other);
  const rows = rowCountOf(batch, rule);
  const weights = { labels_weight: 1 - weight, soft_weight: weight, states_weight: states };
  // The logits of a question's choices are one row.
  const scalars = { temperature, ...weights, soft_rows: head.scalars?.questions ?? rows, states_rows: rows };
  return { core: teacher.core, lesson: { ...lesson, states: states > 0 }, scalars };
}

/** The same of parts of a batch, each of which divides its losses by the rows of all. */
export function togetherTaught(parts: readonly (Teaching | null)[]): (Teaching | null)[] {
  const total = (name: "soft_rows" | "states_rows") => parts.reduce((sum, part) => sum + (part?.scalars[name] ?? 0), 0);
  const rows = { soft_rows: total("soft_rows"), states_rows: total("states_rows") };
  return parts.map((part) => part && { ...part, scalars: { ...part.scalars, ...rows } });
}

/** Checks that both configs have the same size. */
function checkSame(
  purpose: string,
  name: "vocab_size" | "num_labels" | "hidden_size",
  { own, other }: { own: NarrowBertConfig; other: NarrowBertConfig },
  cure: string,
): void {
  if (own[name] === other[name]) return;
  throw new TypeError(
    `Cannot ${purpose}: ${name} of teacher.model must be the student's ${own[name]}, got ${other[name]}; ${cure}`,
  );
}

/** Checks that both configs name the same labels, if both name them: a number of one is a label of the other. */
function checkLabels(purpose: string, { own, other }: { own: NarrowBertConfig; other: NarrowBertConfig }): void {
  const { id2label: names, num_labels: count } = own;
  const isNamed = ({ id2label }: NarrowBertConfig) =>
    Object.entries(id2label).some(([id, name]) => name !== `LABEL_${id}`);
  if (names === other.id2label || count === 1 || !isNamed(own) || !isNamed(other)) return;
  for (let id = 0; id < count; id++) {
    if (names[id] === other.id2label[id]) continue;
    throw new TypeError(
      `Cannot ${purpose}: label ${id} of teacher.model must be the student's ${shown(names[id])}, got ` +
        `${shown(other.id2label[id])}; both must have the same labels`,
    );
  }
}

/** Checks inputs that fit the student. */
function checkInputs(purpose: string, { length, positions, types }: Batch, config: NarrowBertConfig): void {
  const largest = (values: Float64Array) => values.reduce((most, value) => Math.max(most, value), 0);
  const needs = {
    max_position_embeddings: Math.max(length, positions.length === 0 ? 0 : largest(positions) + 1),
    type_vocab_size: types.length === 0 ? 0 : largest(types) + 1,
  };
  for (const [name, least] of Object.entries(needs) as [keyof typeof needs, number][]) {
    if (config[name] >= least) continue;
    throw new InputError(
      `Cannot ${purpose}: ${name} of teacher.model must be at least ${least} for these inputs, got ${config[name]}`,
    );
  }
}
