/** The moments of an optimizer as tensors that are saved. */

import type { ExpectedTensor } from "../base/state_dict.ts";
import type { Parameter } from "../nn/parameters.ts";
import type { Placement } from "../nn/layout/placement.ts";
import type { SettingsOf } from "./groups.ts";
import { momentOf, STATE, type UpdateRule } from "./update.ts";

/** Name of the tensor that holds the seed of dropout, and the passes through the model so far. */
export const DROPOUT = "optimizer.dropout";

/** A matrix of moments on the GPU. */
export interface MomentMatrix {
  /** Name of the resident that holds it. */
  readonly resident: string;
  readonly shape: readonly number[];
  /** Number of elements, padding included. */
  readonly elements: number;
  readonly bytes: number;
  /** The moments in it, by the names that they are saved under. Those of frozen tensors are left out: they are zeros. */
  readonly parts: readonly Placement[];
}

/** Which moments of a model's weights are saved, and where they are. */
export interface Moments {
  /** Names of what is read back, in the order in which it is saved however the weights lie on the device. */
  readonly names: readonly string[];
  /** What the saved tensors must be, given the shapes of the model's weights. */
  expected(shapes: ReadonlyMap<string, readonly number[]>): Map<string, ExpectedTensor>;
  /** The matrices that hold them, and the record of the last step with the count of updates. */
  matrices(parameters: readonly Parameter[]): MomentMatrix[];
}

/** The record of the last step, and the count of updates. */
const RECORD: Placement = { name: STATE, shape: [2, 4], offset: 0, rowStride: 4, columnStride: 1 };

/** The moments of an optimizer, each saved as `TENSOR.MOMENT`. @param names The tensors of the model. */
export function momentsOf({ moments }: UpdateRule, settingsOf: SettingsOf, names: readonly string[]): Moments {
  const learned = new Set(names.filter((name) => settingsOf(name) !== null));
  return {
    names: [
      ...names.filter((name) => learned.has(name)).flatMap((name) => moments.map((moment) => `${name}.${moment}`)),
      STATE,
    ],

    expected(shapes) {
      const expected = new Map<string, ExpectedTensor>();
      for (const [name, dims] of shapes) {
        if (learned.has(name)) { for (const moment of moments) expected.set(`${name}.${moment}`, { dims }); }
      }
      expected.set(STATE, { dims: RECORD.shape, mayBeNonFinite: true }); // The last loss may be.
      expected.set(DROPOUT, { dims: [2], type: "int64" });
      return expected;
    },

    matrices(parameters) {
      const matrices: MomentMatrix[] = [{
        resident: STATE,
        shape: RECORD.shape,
        elements: 8,
        bytes: 32,
        parts: [RECORD],
      }];
      for (const parameter of parameters) {
        const parts = parameter.parts.filter(({ name }) => learned.has(name));
        if (parts.length === 0) continue;
        for (const moment of moments) {
          matrices.push({
            resident: momentOf(parameter, moment),
            shape: parameter.shape,
            elements: parameter.elements,
            bytes: parameter.bytes,
            parts: parts.map((part) => ({ ...part, name: `${part.name}.${moment}` })),
          });
        }
      }
      return matrices;
    },
  };
}
