/** The textures from which a program's kernels read matrices: which ones its calls copy to, and how tall they are. */

import type { TexturePool } from "../../gpu/textures.ts";
import { MAX_TEXTURE_ROWS, type TextureView } from "../../kernels/kernel.ts";
import { roundUp } from "../capacity.ts";
import type { Value } from "../value.ts";
import { type Allocation, textureKey } from "./allocation.ts";
import type { Step } from "./steps.ts";

/** The size of a texture, in elements of 32 bits. */
export type TextureSize = Pick<TextureView, "columns" | "rows">;

/** Textures by {@linkcode textureKey}. */
export type TextureSizes = ReadonlyMap<string, TextureSize>;

/** A matrix that a step reads as a texture. */
export interface TextureUse {
  readonly step: Step;
  /** The binding. */
  readonly name: string;
  readonly view: TextureView;
  readonly value: Value;
}

/** The textures that steps copy to, except for those that are found elsewhere. */
export function texturesFor(steps: readonly Step[], isElsewhere: (use: TextureUse) => boolean): TextureSizes {
  const wanted = new Map<string, TextureSize>();
  for (const step of steps) {
    for (const [name, view] of step.views ?? []) {
      if (isElsewhere({ step, name, view, value: step.node.bindings[name] as Value })) continue;
      const key = textureKey(name, view);
      const { columns, rows } = view;
      if ((wanted.get(key)?.rows ?? -1) < rows) wanted.set(key, { columns, rows });
    }
  }
  return wanted;
}

/** Whether the texture of a step's binding is there, and tall enough for a matrix. */
export function holdsTexture(
  { textures, weights }: Allocation,
  { step, name, view }: Omit<TextureUse, "value">,
): boolean {
  return weights[step.index]?.[name] !== undefined || (textures.get(textureKey(name, view))?.height ?? -1) >= view.rows;
}

/** Whether all textures for a call are there. */
export function areThere(wanted: TextureSizes, present: TextureSizes): boolean {
  for (const [key, { rows }] of wanted) if ((present.get(key)?.rows ?? -1) < rows) return false;
  return true;
}

/**
 * The textures for a call: those that are there, and taller ones in place of those that are too short. If they would take
 * more than `room` bytes, exactly those that the call copies to.
 */
export function growTextures(present: TextureSizes, wanted: TextureSizes, room: number): TextureSizes {
  const grown = new Map(present);
  for (const [key, { columns, rows }] of wanted) {
    if ((present.get(key)?.rows ?? -1) >= rows) continue;
    grown.set(key, { columns, rows: Math.min(MAX_TEXTURE_ROWS, roundUp(Math.max(8, rows))) });
  }
  return bytesOfTextures(grown) <= room ? grown : wanted;
}

/** Bytes of textures. */
export function bytesOfTextures(sizes: TextureSizes): number {
  return [...sizes.values()].reduce((sum, { columns, rows }) => sum + 4 * Math.max(4, columns) * Math.max(1, rows), 0);
}

/** The sizes of the textures that are there. */
export function sizesOf({ textures }: Allocation): TextureSizes {
  return new Map([...textures].map(([key, { width, height }]) => [key, { columns: 4 * width, rows: height }]));
}

/** Makes the textures those of the given sizes. If one is replaced, the bind groups of all are made again. */
export function replaceTextures(pool: TexturePool, allocation: Allocation, sizes: TextureSizes): void {
  const { textures, replaced, users, bindGroups } = allocation;
  for (const [key, texture] of [...textures]) {
    if (sizes.get(key)?.rows === texture.height) continue;
    if (users > 0) replaced.push(texture);
    else pool.destroy(texture);
    textures.delete(key);
    for (const groups of bindGroups) groups.textures.clear();
  }
  for (const [key, size] of sizes) if (!textures.has(key)) textures.set(key, pool.create(size, key));
}
