/**
 * The layer rule: a file imports its own folder or a lower layer, never a higher one and never a sibling folder of its
 * own layer. `CONTRIBUTING.md` says what each folder holds.
 */
import { repositoryPath, resolveImport } from "./paths.ts";
import { visitSpecifiers } from "./specifiers.ts";

/** The folders of each layer, lowest first. `mod.ts` is the public face of all that is below the applications. */
export const LAYERS: readonly (readonly string[])[] = [
  ["src/base"],
  ["src/io", "src/gpu"],
  ["src/text", "src/kernels"],
  ["src/graph"],
  ["src/nn", "src/vectors"],
  ["src/model"],
  ["src/heads"],
  ["src/pipelines", "src/train"],
  ["mod.ts"],
  ["src/server"],
  ["src/cli"],
];

/** The only folder that may import a shader from `kernels/`. */
const SHADER_IMPORTER = "src/kernels";

/** Every layer may import the manifest, where the version is. */
const MANIFEST = "deno.json";

/** Reports, at the import, whatever breaks the layer rule. */
export const layers: Deno.lint.Rule = {
  create(context) {
    const path = repositoryPath(context.filename);
    const from = placeOf(path);
    if (from === null && path.startsWith("src/")) {
      const message = `${path} belongs to no layer: move it into one of ${LAYERS.flat().join(", ")}`;
      return { Program: (node) => context.report({ node, message }) };
    }
    return visitSpecifiers((node, specifier) => {
      const message = specifier === null ? computed(from) : wrong(path, from, specifier);
      if (message !== null) context.report({ node, message });
    });
  },
};

/** A folder of the layer table (or `mod.ts`), and how high it stands. */
type Place = { folder: string; height: number };

/** Where a path relative to the repository stands in the layers; null where it is in none of them. */
function placeOf(path: string): Place | null {
  for (const [height, folders] of LAYERS.entries()) {
    const folder = folders.find((folder) => path === folder || path.startsWith(`${folder}/`));
    if (folder !== undefined) return { folder, height };
  }
  return null;
}

/** What is wrong with an `import()` whose path only the running program knows; null where there are no layers. */
function computed(from: Place | null): string | null {
  return from && `${from.folder} may not compute what it imports: name the module in a string literal`;
}

/** What is wrong with an import; null where nothing is. Only relative paths are judged here: see the dependency rule. */
function wrong(path: string, from: Place | null, specifier: string): string | null {
  const target = resolveImport(path, specifier);
  if (target === null) return null;
  if (target.startsWith("kernels/")) {
    if (from?.folder === SHADER_IMPORTER) return null;
    return `Cannot import ${target}: only ${SHADER_IMPORTER} imports shaders; take it from the kernel registry`;
  }
  if (from === null || target === MANIFEST) return null;
  const to = placeOf(target);
  if (to === null) return `${from.folder} may not import ${target}: it is outside the layers`;
  if (to.folder === from.folder || to.height < from.height) return null;
  const relation = to.height === from.height ? "a sibling in the same layer" : "a higher layer";
  return `${from.folder} may not import ${target}: ${to.folder} is ${relation}; imports go to the own folder or downwards`;
}
