/**
 * The dependency rule: the module works when imported by plain URL with no import map, so what it needs from elsewhere is
 * `node:`, or an exactly pinned `npm:` package that one `deps.ts` in the folder re-exports. The rest of the repository
 * may name `npm:` packages anywhere, equally pinned.
 */
import { repositoryPath } from "./paths.ts";
import { visitSpecifiers } from "./specifiers.ts";

const PINNED = /^npm:(@[^/@]+\/)?[^/@]+@\d+\.\d+\.\d+(-[\w.]+)?(\/.*)?$/;

/** Reports imports that need an import map, another registry, or a version that may change. */
export const dependencies: Deno.lint.Rule = {
  create(context) {
    const path = repositoryPath(context.filename);
    return visitSpecifiers((node, specifier) => {
      const message = specifier === null ? null : wrong(path, specifier);
      if (message !== null) context.report({ node, message });
    });
  },
};

function wrong(path: string, specifier: string): string | null {
  if (/^(\.{1,2}\/|node:)/.test(specifier)) return null;
  if (!specifier.startsWith("npm:")) {
    return `Cannot import "${specifier}": use a relative path, node:, or an exactly pinned npm: package`;
  }
  if (!PINNED.test(specifier)) return `Cannot import "${specifier}": pin it exactly, as in npm:name@1.2.3`;
  const shipped = path === "mod.ts" || path.startsWith("src/");
  if (shipped && !path.endsWith("/deps.ts")) {
    return `Cannot import "${specifier}" here: re-export it from the folder's deps.ts, the one place for its version`;
  }
  return null;
}
