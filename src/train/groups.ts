/** Groups of settings: which tensors an optimizer updates, and how. */

import type { ColumnRange } from "../graph/ops/training/optimizer/columns.ts";
import { pitch } from "../kernels/kernel.ts";
import type { Parameter } from "../nn/parameters.ts";
import { columnsOf } from "../nn/layout/placement.ts";
import { matched } from "./patterns.ts";
import { checkFactors, expect, type OptimizerSettings } from "./settings.ts";

/** What is set for one tensor. */
export interface TensorSettings {
  /** A factor of the learning rate. */
  readonly lrFactor: number;
  readonly decays: boolean;
}

/** What is set for each tensor by name; null for one that is frozen, or is not the model's own. */
export type SettingsOf = (name: string) => TensorSettings | null;

/**
 * Finds the settings of a model's tensors by their patterns.
 *
 * @param names The names of the model's tensors.
 * @throws {RangeError} If a pattern matches none, if a factor is out of range, or if all are frozen.
 * @throws {TypeError} If what should be a pattern is something else.
 */
export function settingsOf(
  action: string,
  { lr, frozen, lr_factors, no_decay }: Pick<OptimizerSettings, "lr" | "frozen" | "lr_factors" | "no_decay">,
  names: readonly string[],
): SettingsOf {
  const tensorsOf = (thing: string, patterns: readonly string[]) => {
    if (!Array.isArray(patterns)) throw new TypeError(`Cannot ${action}: ${thing} must be an array of patterns`);
    return new Set(patterns.flatMap((pattern) => matched({ action, thing }, { pattern, names })));
  };
  const [still, undecayed] = [tensorsOf("frozen", frozen), tensorsOf("no_decay", no_decay)];
  expect(
    action,
    still.size < names.length,
    `frozen must leave a tensor to update, got patterns of all ${names.length}`,
  );
  if (typeof lr_factors !== "object" || lr_factors === null || Array.isArray(lr_factors)) {
    throw new TypeError(`Cannot ${action}: lr_factors must be an object of factors by pattern`);
  }
  const factors = new Map<string, number>();
  for (const [pattern, factor] of Object.entries(lr_factors)) {
    const text = `a number from 0, got ${String(factor)} for "${pattern}"`;
    expect(action, Number.isFinite(factor) && factor >= 0, `lr_factors must be ${text}`);
    for (const name of matched({ action, thing: "lr_factors" }, { pattern, names })) factors.set(name, factor);
  }
  checkFactors(action, { lr, lr_factors });
  const own = new Set(names);
  return (name) => {
    return still.has(name) || !own.has(name)
      ? null
      : { lrFactor: factors.get(name) ?? 1, decays: !undecayed.has(name) };
  };
}

/** Columns of a matrix with the same settings; null for all columns. */
export interface GroupRange extends TensorSettings {
  readonly columns: ColumnRange | null;
}

/** How a matrix of the GPU is updated. */
export interface UpdatedParameter {
  readonly parameter: Parameter;
  /** What is updated, in ranges as large as the settings allow. */
  readonly ranges: readonly GroupRange[];
  /** The same columns in as few ranges as there may be. */
  readonly updated: readonly (ColumnRange | null)[];
}

/** How the matrices of a model are updated. Those of which all tensors are frozen are left out. */
export function updatedParameters(parameters: readonly Parameter[], settingsOf: SettingsOf): UpdatedParameter[] {
  return parameters.flatMap((parameter) => {
    const width = pitch(parameter.shape.at(-1) as number);
    const tensors: Located[] = [];
    for (const part of parameter.parts) {
      const settings = settingsOf(part.name);
      if (settings !== null) tensors.push({ ...settings, ...columnsOf(part, width) });
    }
    if (tensors.length === 0) return [];
    const rangeOf = ({ at, columns }: ColumnRange) => columns === width ? null : { at, columns };
    const ranges = merged(tensors, (one, other) => one.lrFactor === other.lrFactor && one.decays === other.decays);
    return [{
      parameter,
      ranges: ranges.map(({ lrFactor, decays, ...range }) => ({ lrFactor, decays, columns: rangeOf(range) })),
      updated: merged(tensors, () => true).map(rangeOf),
    }];
  });
}

type Located = TensorSettings & ColumnRange;

/** Ranges of columns in order, those beside each other as one if they are alike. */
function merged(ranges: readonly Located[], alike: (one: Located, other: Located) => boolean): Located[] {
  const all: Located[] = [];
  for (const range of ranges.toSorted((one, other) => one.at - other.at)) {
    const last = all.at(-1);
    if (last !== undefined && last.at + last.columns === range.at && alike(last, range)) {
      all[all.length - 1] = { ...last, columns: last.columns + range.columns };
    } else all.push(range);
  }
  return all;
}
