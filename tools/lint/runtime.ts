/**
 * The runtime rule: all that needs `node:` or the global `Deno` is in a few folders, so that the rest runs in a browser.
 * What reads and writes files is loaded by one `import()`, when a path is given.
 */
import { repositoryPath, resolveImport } from "./paths.ts";
import { visitSpecifiers } from "./specifiers.ts";

/** The folder with what needs files of this machine. */
const LOCAL = "src/io/local/";

/** The folders that may name `node:` and `Deno`. Only the first is in the library; the others run on Deno alone. */
const FOLDERS = [LOCAL, "src/cli/", "src/server/"];

/** The file that loads {@link LOCAL}. */
const DOOR = "src/io/folder/on_disk.ts";

/** Files outside {@link FOLDERS} that may do the same, and why. */
const EXCEPTIONS: Readonly<Record<string, string>> = {
  "src/base/runtime.ts": "says whether the runtime is Deno",
};

/** Reports what ties the library to Deno. */
export const runtime: Deno.lint.Rule = {
  create(context) {
    const path = repositoryPath(context.filename);
    const isShipped = path === "mod.ts" || path.startsWith("src/");
    if (!isShipped || path in EXCEPTIONS || FOLDERS.some((folder) => path.startsWith(folder))) return {};
    const report = (node: Deno.lint.Node, problem: string, cure: string) =>
      context.report({ node, message: `${problem}: ${cure}` });
    const global = (node: Deno.lint.Node) =>
      report(node, "Cannot name Deno here", `only ${FOLDERS.join(", ")} may; src/base/runtime.ts has what others need`);
    return {
      ...visitSpecifiers((node, specifier) => {
        if (specifier?.startsWith("node:")) {
          report(
            node,
            `Cannot import ${specifier} here`,
            `only ${FOLDERS.join(", ")} may, and a browser has none of it`,
          );
        } else if (specifier !== null && resolveImport(path, specifier)?.startsWith(LOCAL) && !isTypeOnly(node)) {
          if (path === DOOR && node.type === "ImportExpression") return;
          report(node, `Cannot import ${LOCAL} here`, `import its types, and take the rest from localFiles of ${DOOR}`);
        }
      }),
      Identifier(node) {
        if (node.name === "Deno") global(node);
      },
      Literal(node) {
        if (node.value === "Deno") global(node);
      },
    };
  },
};

/** Whether a module is named for its types alone, so that the program does not load it. */
function isTypeOnly(node: Deno.lint.Node): boolean {
  switch (node.type) {
    case "ImportDeclaration":
      return node.importKind === "type";
    case "ExportNamedDeclaration":
    case "ExportAllDeclaration":
      return node.exportKind === "type";
    default:
      return node.type === "TSImportType";
  }
}
