/** Replays as text. */

import { dimsOf, type Scalars } from "../../src/graph/shape.ts";
import type { Value } from "../../src/graph/value.ts";
import { type Kernel, pitch } from "../../src/kernels/kernel.ts";
import type { Step } from "../../src/graph/program/steps.ts";
import { type Diagnosis, overwriterOf } from "./diagnosis.ts";
import type { Judgement, Worst } from "./judge.ts";
import { readValues } from "./memory.ts";
import { agrees, type Checked, type LostOutput, ratioOf, type Replay } from "./replay.ts";

const SHADERS = new URL("../../kernels/", import.meta.url);

/** `N ops agree with their twins; worst: PATH at x of its bound`. */
export function agreementText({ ops }: Replay): string {
  const [first] = ops;
  if (first === undefined) return "no op had anything to do";
  const worst = ops.reduce((a, b) => ratioOf(b) > ratioOf(a) ? b : a, first);
  const infinite = ops.find(({ judgement }) => judgement.infinite !== null);
  const note = infinite === undefined
    ? ""
    : `\n${infinite.step.node.label} is the first whose numbers are not all finite; its twin gives the same`;
  return `${ops.length} ops agree with their twins; worst: ${worst.step.node.label} at ${
    share(worst)
  } of its bound${note}`;
}

/** The first op that differs, with its inputs and diagnosis. */
export function differenceText(replay: Replay, op: Checked, diagnosis: Diagnosis): string {
  const { ops, recording: { scalars } } = replay;
  const { step: { node, kernel, constants, params }, binding, value, judgement } = op;
  const differ = ops.filter((op) => !agrees(op)).length;
  const lines = [
    `${node.label} differs from its twin: op ${
      ops.indexOf(op) + 1
    } of ${ops.length}, the first of ${differ} that differ`,
    `  ${elementText(`${node.label}.${binding}`, value, { judgement, scalars })}`,
    `  kernel ${kernel.name}, constants ${fields(constants)}`,
    `  params ${fields(params)}`,
    `  shader ${shaderFiles(kernel).join(", ")}`,
    `  reads  ${inputsText(op)}`,
  ];
  return [...lines, ...causes(diagnosis).map((line) => `  ${line}`)].join("\n");
}

/** The files that a kernel's shader is joined of: its own, and the fragments whose text its source holds. */
function shaderFiles({ name, source }: Kernel): string[] {
  const fragments = [...Deno.readDirSync(new URL("lib/", SHADERS))].map((entry) => `lib/${entry.name}`).sort();
  const joined = fragments.filter((file) => source.includes(Deno.readTextFileSync(new URL(file, SHADERS))));
  return [`${name.replace(/_f16$/, "")}.wgsl`, ...joined].map((file) => `kernels/${file}`);
}

/** The inputs, each once: a binding that a variant does not read holds another input again. */
function inputsText({ step }: Checked): string {
  const names = new Map<string, string>();
  for (const [binding, { path }] of readValues(step)) if (!names.has(path)) names.set(path, binding);
  return [...names].map(([path, binding]) => `${binding} = ${path}`).join(", ");
}

function causes({ alone, overwritten }: Diagnosis): string[] {
  if (alone.wrong > 0) {
    return ["its kernel alone, on the inputs as they were written, is wrong too: the kernel is at fault"];
  }
  return [
    "its inputs as they were written give the expected number, in its twin and in its kernel alone: " +
    "the op read something else",
    ...overwritten.map(({ value, by }) =>
      `its input ${value.path} was given back too early: ${by} wrote to the same buffer before this op read it`
    ),
  ];
}

/** An output that was written over, and by which op. */
export function lostText({ recording }: Replay, { name, value, judgement }: LostOutput): string {
  const by = overwriterOf(recording, value, recording.steps.length);
  const cause = by === null ? "" : `: ${by} wrote to the same buffer`;
  return `output "${name}" is not what its op wrote${cause}\n  ${
    elementText(value.path, value, { judgement, scalars: recording.scalars })
  }`;
}

/** A line for each op: its worst error in units of its bound, its label, kernel and worst element. */
export function tableText({ ops, recording: { scalars } }: Replay): string {
  const rows = ops.map((op) => {
    const { step, binding, value, judgement: { worst } } = op;
    const element = worst === null ? "nothing" : `${binding}${place(value, worst.index, scalars)}`;
    return [share(op), step.node.label, variantText(step), element] as const;
  });
  const widths = [0, 1, 2].map((column) => Math.max(0, ...rows.map((row) => row[column as 0].length)));
  return rows.map(([ratio, label, variant, element]) =>
    `${ratio.padStart(widths[0] as number)}  ${label.padEnd(widths[1] as number)}  ` +
    `${variant.padEnd(widths[2] as number)}  ${element}`
  ).join("\n");
}

/** A kernel with those of its constants that are not its defaults. */
function variantText({ kernel, constants }: Step): string {
  const defaults = kernel.constants();
  const own = Object.entries(constants).filter(([name, value]) => defaults[name] !== value);
  return [kernel.name, ...own.map(([name, value]) => `${name}=${value}`)].join(" ");
}

function elementText(
  path: string,
  value: Value,
  { judgement: { worst, wrong, count }, scalars }: { judgement: Judgement; scalars: Scalars },
): string {
  const { index, expected, found, bound } = worst as Worst;
  return `${path}${place(value, index, scalars)}: expected ${short(expected)} within ${short(bound)}, ` +
    `found ${short(found)} (${wrong} of ${count} are out of their bounds)`;
}

/** An element's place in the value's dimensions. */
function place(value: Value, index: number, scalars: Scalars): string {
  const dims = dimsOf(value.shape, scalars);
  const columns = dims.at(-1) ?? 1;
  const stride = value.layout === "pitched" ? pitch(columns) : columns;
  const places = [index % stride];
  let row = Math.floor(index / stride);
  for (const dim of dims.slice(0, -1).reverse()) {
    places.unshift(row % dim);
    row = Math.floor(row / dim);
  }
  return `${dims.length === 0 ? "" : `[${places.join(", ")}]`}${index % stride < columns ? "" : " (padding)"}`;
}

function share(op: Checked): string {
  return short(ratioOf(op), 3);
}

function short(value: number, digits = 8): string {
  return String(Number(value.toPrecision(digits)));
}

function fields(values: Readonly<Record<string, number>>): string {
  return Object.entries(values).map(([name, value]) => `${name}=${value}`).join(" ") || "none";
}
