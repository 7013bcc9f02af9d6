/**
 * A kernel: a declared contract between a WGSL source and its callers.
 *
 * A kernel binds one uniform struct of sizes (`@binding(0)`) and then its storage buffers (`@binding(1)` and on), in the
 * order declared. Its `override` constants choose the variant; sizes are data, so one pipeline serves all shapes.
 *
 * Matrices are row-major with a row pitch of {@linkcode pitch} columns, so that every row starts on a vec4; the columns
 * between the logical width and the pitch hold zero, and every kernel that writes a matrix writes them as zero.
 */

import type { BindingAccess, Constants, PipelineRequest } from "../gpu/pipelines.ts";
import { pipelineKey } from "../gpu/pipelines.ts";
import type { TextureView } from "../gpu/textures.ts";

export type { Constants } from "../gpu/pipelines.ts";
export type { TextureView } from "../gpu/textures.ts";

/** Scalar types that a field of the uniform struct may have. */
export type ParamType = "u32" | "i32" | "f32";

/** Values of the uniform struct's fields. */
export type Params<F extends string = string> = Readonly<Record<F, number>>;

/** A number of workgroups in x, y, z. */
export type Grid = readonly [number, number, number];

/** What {@linkcode defineKernel} takes. */
export interface KernelSpec<F extends string, B extends string, C extends string> {
  /** Name, unique in the registry; the WGSL file is `kernels/<name>.wgsl`. */
  name: string;
  /** The formula, in a line. */
  summary: string;
  /** WGSL text. */
  source: string;
  /** Storage buffers from `@binding(1)` on, in order. */
  bindings: Readonly<Record<B, BindingAccess>>;
  /** Fields of the uniform struct, in order, without padding. */
  params: Readonly<Record<F, ParamType>>;
  /** The `override` constants with their defaults. */
  constants: Readonly<Record<C, number>>;
  /** Every set of constants that callers use; each is compiled and tested. Given as differences from the defaults. */
  constantSets: readonly Partial<Readonly<Record<C, number>>>[];
  /** Workgroup size under the given constants. */
  workgroupSize(constants: Readonly<Record<C, number>>): Grid;
  /** Bytes of workgroup memory under the given constants. Default: 0. */
  workgroupBytes?(constants: Readonly<Record<C, number>>): number;
  /** Workgroups for the given sizes; zero in any dimension means that there is nothing to do. */
  grid(params: Params<F>, constants: Readonly<Record<C, number>>): Grid;
  /** Features that a device must have. */
  features?: readonly GPUFeatureName[];
  /** How much work a call is, for profiles. Left out, the kernel touches all of what is bound to it, once. */
  work?: KernelEffort<NoInfer<F>, NoInfer<B>>;
  /** For bindings that are textures: the matrices that are copied to them. */
  textures?(params: Params<F>, constants: Readonly<Record<C, number>>): Partial<Record<B, TextureView>>;
}

/** How much work calls of a kernel are. */
export interface KernelEffort<F extends string = string, B extends string = string> {
  /**
   * Floating-point operations: two for each multiply-add of products and attention. Left out, the kernel moves memory.
   *
   * @param words The contents of a binding that the call uploads.
   */
  operations?(params: Params<F>, constants: Constants, words: (binding: B) => Uint32Array): number;
  /** Elements of the bindings of which a call touches only some, as rows that it gathers. */
  touched?(params: Params<F>): Partial<Record<B, number>>;
}

/** Rows of a texture, and texels of a row, that every device allows. */
export const MAX_TEXTURE_ROWS = 8192;

/** A kernel as the registry, the graph, tests and benches see it. */
export interface Kernel<F extends string = string, B extends string = string> {
  readonly name: string;
  readonly summary: string;
  readonly source: string;
  readonly entry: string;
  readonly bindings: Readonly<Record<B, BindingAccess>>;
  readonly bindingNames: readonly B[];
  readonly params: Readonly<Record<F, ParamType>>;
  /** Bytes of the uniform struct. */
  readonly paramBytes: number;
  /** The same kernel with weights of 16 bits, if it has weights. */
  readonly f16: Kernel<F, B> | null;
  /** All sets of constants in use, each complete. */
  constantSets(): Constants[];
  /** The defaults with `overrides` laid over them; an unknown name or a value that is no number is an error. */
  constants(overrides?: Constants): Constants;
  /** Workgroups for a call, checked against the limit per dimension. */
  grid(params: Params<F>, constants: Constants): Grid;
  /** The matrices that are copied to bindings that are textures; null for a kernel without textures. */
  readonly textures: ((params: Params<F>, constants: Constants) => Partial<Record<B, TextureView>>) | null;
  readonly work: KernelEffort<F, B>;
  /** What the pipeline cache needs, with its key. */
  request(constants: Constants): PipelineRequest & { key: string };
  /** Writes the uniform struct's fields at byte `offset`. */
  writeParams(view: DataView, offset: number, params: Params<F>): void;
}

/** A kernel under one complete set of its constants. Variants of one computation share bindings and params. */
export interface Variant<F extends string = string, B extends string = string> {
  readonly kernel: Kernel<F, B>;
  readonly constants: Constants;
}

/** A kernel under one complete set of its constants, `overrides` laid over its defaults. */
export function variantOf<F extends string, B extends string>(
  kernel: Kernel<F, B>,
  overrides?: Constants,
): Variant<F, B> {
  return { kernel, constants: kernel.constants(overrides) };
}

/** Workgroups per dimension that every WebGPU device allows. */
export const MAX_WORKGROUPS = 65535;

/** Declares a kernel; see {@linkcode KernelSpec}. */
export function defineKernel<F extends string, B extends string, C extends string>(
  spec: KernelSpec<F, B, C>,
): Kernel<F, B> {
  const { name, summary, source, bindings, params } = spec;
  const fields = Object.entries(params) as [F, ParamType][];
  const bindingNames = Object.keys(bindings) as B[];
  const complete = (overrides: Constants = {}): Constants => {
    for (const [key, value] of Object.entries(overrides)) {
      if (!(key in spec.constants) || !Number.isFinite(value)) {
        const expected = Object.keys(spec.constants).join(", ") || "none";
        throw new RangeError(`Cannot use kernel ${name} with ${key}=${value}: its constants are ${expected}`);
      }
    }
    return { ...spec.constants, ...overrides };
  };
  return {
    name,
    summary,
    source,
    entry: "main",
    bindings,
    bindingNames,
    params,
    paramBytes: Math.ceil(fields.length / 4) * 16,
    f16: null,
    constantSets: () => spec.constantSets.map((overrides) => complete(overrides as Constants)),
    constants: complete,
    grid(values, constants) {
      const grid = spec.grid(values, constants as Record<C, number>);
      const over = grid.find((count) => !(Number.isSafeInteger(count) && count >= 0 && count <= MAX_WORKGROUPS));
      if (over !== undefined) {
        const sizes = fields.map(([field]) => `${field}=${values[field]}`).join(", ");
        throw new RangeError(
          `Cannot run kernel ${name}: at most ${MAX_WORKGROUPS} workgroups fit a dimension, got [${grid.join(", ")}] ` +
            `for ${sizes}; use a smaller batch`,
        );
      }
      return grid;
    },
    textures: spec.textures as Kernel<F, B>["textures"] ?? null,
    work: spec.work ?? {},
    request(constants) {
      return {
        key: pipelineKey(name, constants),
        name,
        source,
        entry: "main",
        constants,
        bindings: Object.values(bindings),
        workgroupSize: spec.workgroupSize(constants as Record<C, number>),
        workgroupBytes: spec.workgroupBytes?.(constants as Record<C, number>) ?? 0,
        features: spec.features ?? [],
      };
    },
    writeParams(view, offset, values) {
      fields.forEach(([field, type], i) => {
        const at = offset + 4 * i;
        const value = values[field];
        if (type === "f32") view.setFloat32(at, value, true);
        else if (type === "u32") view.setUint32(at, value, true);
        else view.setInt32(at, value, true);
      });
    },
  };
}

/**
 * Declares a kernel whose source reads weights as `vec4<f32>(w[i])` from a binding `w: array<Weight4>`: as itself with
 * 32-bit weights, and as its `f16` with 16-bit ones, of the same name and `_f16`.
 */
export function defineWeightKernel<F extends string, B extends string, C extends string>(
  spec: KernelSpec<F, B, C>,
): Kernel<F, B> & { readonly f16: Kernel<F, B> } {
  const f16 = defineKernel({
    ...spec,
    name: `${spec.name}_f16`,
    source: `enable f16;\nalias Weight4 = vec4<f16>;\n${spec.source}`,
    features: ["shader-f16"],
  });
  return { ...defineKernel({ ...spec, source: `alias Weight4 = vec4<f32>;\n${spec.source}` }), f16 };
}

/** The row pitch of a matrix with `columns` columns: the next multiple of 4, in elements. */
export function pitch(columns: number): number {
  return Math.ceil(columns / 4) * 4;
}

/**
 * A one-dimensional grid of `count` workgroups, folded into two dimensions if one is too short. The shader's index is
 * `workgroup_id.y * num_workgroups.x + workgroup_id.x`, and it must return if that is `count` or more.
 */
export function foldedGrid(count: number): Grid {
  if (count <= MAX_WORKGROUPS) return [count, count === 0 ? 0 : 1, 1];
  const rows = Math.ceil(count / MAX_WORKGROUPS);
  return [Math.ceil(count / rows), rows, 1];
}
