/** Teachers that do not fit. */

import assert from "node:assert/strict";
import {
  AdamW,
  type ModelInputs,
  NarrowBertForSequenceClassification,
  NarrowBertForTokenClassification,
  type PreTrainedModel,
  type Teacher,
} from "../../mod.ts";
import { requestGpu } from "../../src/gpu/device.ts";
import { BATCH, CONFIG, smallModel as studentOf } from "./small_training.ts";
import { teacherOf, UNLABELLED } from "./teachers.ts";
import { ownDevice } from "../gpu/own_device.ts";

const gpu = await requestGpu();

/** What is wrong, the student's class and inputs, the teacher, and what the message says after `Cannot …: `. */
type Refusal = [
  what: string,
  teacher: (student: PreTrainedModel) => Promise<Partial<Teacher> & Record<string, unknown>>,
  error: { name: string; message: string },
  inputs?: ModelInputs,
];

const other = (change: Record<string, unknown>, weights: Omit<Teacher, "model"> = {}) => async () => ({
  model: await teacherOf(change),
  ...weights,
});
const own = (weights: Record<string, unknown>) => (model: PreTrainedModel) => Promise.resolve({ model, ...weights });

const REFUSALS: Refusal[] = [
  ["another vocabulary", other({ vocab_size: 29 }), {
    name: "TypeError",
    message: "vocab_size of teacher.model must be the student's 23, got 29; both must have the same tokenizer",
  }],
  ["other labels", other({ num_labels: 4, id2label: undefined, label2id: undefined }), {
    name: "TypeError",
    message: "num_labels of teacher.model must be the student's 3, got 4; both must have the same labels",
  }],
  ["states of another width", other({}, { states: 1 }), {
    name: "TypeError",
    message: "hidden_size of teacher.model must be the student's 10, got 14; leave states out",
  }],
  ["embeddings of another width", other({}), {
    name: "TypeError",
    message: "hidden_size of teacher.model must be the student's 10, got 14; give input_ids, not inputs_embeds",
  }, { inputs_embeds: [[new Array<number>(10).fill(1)]], labels: [0] }],
  ["too few positions", other({ max_position_embeddings: 4 }), {
    name: "InputError",
    message: "max_position_embeddings of teacher.model must be at least 5 for these inputs, got 4",
  }],
  ["a position that it lacks", other({ max_position_embeddings: 4 }), {
    name: "InputError",
    message: "max_position_embeddings of teacher.model must be at least 8 for these inputs, got 4",
  }, { input_ids: [[2, 3]], position_ids: [[0, 7]], labels: [0] }],
  ["a token type that it lacks", other({ type_vocab_size: 1 }), {
    name: "InputError",
    message: "type_vocab_size of teacher.model must be at least 2 for these inputs, got 1",
  }, { input_ids: [[2, 3]], token_type_ids: [[0, 1]], labels: [0] }],
  [
    "another class",
    async () => ({ model: await NarrowBertForTokenClassification.from_config(CONFIG) }),
    {
      name: "TypeError",
      message: "teacher.model must be a NarrowBertForSequenceClassification, got a NarrowBertForTokenClassification",
    },
  ],
  ["no model", () => Promise.resolve({}), {
    name: "TypeError",
    message: "teacher.model must be a loaded model, got undefined",
  }],
  ["an option that there is not", own({ alpha: 0.5 }), {
    name: "TypeError",
    message: 'there is no option "alpha"; options are model, temperature, weight, states',
  }],
  ["a temperature of 0", own({ temperature: 0 }), {
    name: "RangeError",
    message: "teacher.temperature must be a positive number, got 0",
  }],
  ["a temperature that is no number", own({ temperature: NaN }), {
    name: "RangeError",
    message: "teacher.temperature must be a positive number, got NaN",
  }],
  ["a weight over 1", own({ weight: 1.5 }), {
    name: "RangeError",
    message: "teacher.weight must be from 0 to 1, got 1.5",
  }],
  ["a weight below 0", own({ weight: -0.1 }), {
    name: "RangeError",
    message: "teacher.weight must be from 0 to 1, got -0.1",
  }],
  ["a weight of states below 0", own({ states: -1 }), {
    name: "RangeError",
    message: "teacher.states must be a number from 0, got -1",
  }],
  ["no labels, though they count", own({ weight: 0.9 }), {
    name: "InputError",
    message: "labels must be given, got none; only a teacher of weight 1 replaces them",
  }, UNLABELLED],
];

for (const [what, teach, { name, message }, inputs = BATCH] of REFUSALS) {
  Deno.test(`a teacher with ${what} is refused before any GPU work`, async () => {
    using student = await studentOf();
    const teacher = await teach(student) as unknown as Teacher;
    using _model = teacher.model;
    const before = gpu.buffers.liveBytes;
    using optimizer = new AdamW(student);
    await assert.rejects(optimizer.step(inputs, { teacher }), { name, message: `Cannot take a step: ${message}` });
    await assert.rejects(student.gradients(inputs, { teacher }), {
      name,
      message: `Cannot compute gradients: ${message}`,
    });
    assert.equal(gpu.buffers.liveBytes, before);
  });
}

Deno.test("a teacher must name its labels as the student does, if both name them", async () => {
  const labelled = (...names: string[]) => teacherOf({ id2label: { ...names }, label2id: undefined });
  using student = await labelled("a", "b", "c");
  using mixed = await labelled("a", "c", "b");
  using alike = await labelled("a", "b", "c");
  using nameless = await teacherOf();
  await assert.rejects(student.gradients(BATCH, { teacher: { model: mixed } }), {
    name: "TypeError",
    message:
      'Cannot compute gradients: label 1 of teacher.model must be the student\'s "b", got "c"; both must have the ' +
      "same labels",
  });
  for (const model of [alike, nameless]) await student.gradients(BATCH, { teacher: { model } });
  await nameless.gradients(BATCH, { teacher: { model: mixed } });
});

Deno.test("what is no teacher is refused, and undefined is none", async () => {
  using student = await studentOf();
  using optimizer = new AdamW(student);
  for (const [value, found] of [[null, "null"], [true, "a boolean"], ["bert", "a string"]]) {
    const teacher = value as unknown as Teacher;
    const message = `teacher must be an object with a model, got ${found}`;
    const error = { name: "TypeError", message: `Cannot take a step: ${message}` };
    await assert.rejects(optimizer.step(BATCH, { teacher }), error);
    await assert.rejects(optimizer.memory(BATCH, { teacher }), error);
    await assert.rejects(student.gradients(BATCH, { teacher }), { message: `Cannot compute gradients: ${message}` });
  }
  assert.ok((await optimizer.step(BATCH, { teacher: undefined, dropout: undefined })).applied);
});

Deno.test("a teacher on another device is refused", async () => {
  const device = await ownDevice();
  using student = await studentOf();
  {
    using model = await NarrowBertForSequenceClassification.from_config(CONFIG, { device });
    await assert.rejects(student.gradients(BATCH, { teacher: { model } }), {
      name: "Error",
      message:
        /^Cannot compute gradients: teacher.model must be on the device of the student .*; load both with the same/,
    });
  }
  device.destroy();
});
