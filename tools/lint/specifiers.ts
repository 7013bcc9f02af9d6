/** Every place where a module names another one, in the syntax tree that `deno lint` hands to a plugin. */

/** A module specifier: the node to report, and its text, or null where the program computes it. */
export type OnSpecifier = (node: Deno.lint.Node, specifier: string | null) => void;

/**
 * Visits imports and re-exports, `import type`, `import()` of values and of types, and `import x = require()`.
 *
 * @param onSpecifier Called once for each specifier.
 * @returns A visitor for `Deno.lint.Rule.create`.
 */
export function visitSpecifiers(onSpecifier: OnSpecifier): Deno.lint.LintVisitor {
  const visit = (node: Deno.lint.Node, source: Deno.lint.Node) => onSpecifier(node, literalText(source));
  return {
    ImportDeclaration: (node) => visit(node, node.source),
    ExportAllDeclaration: (node) => visit(node, node.source),
    ExportNamedDeclaration: (node) => node.source && visit(node, node.source),
    ImportExpression: (node) => visit(node, node.source),
    TSImportType: (node) => visit(node, node.argument),
    TSExternalModuleReference: (node) => visit(node, node.expression),
  };
}

/** The text of a string literal, as an expression or as a type; null for anything else. */
function literalText(node: Deno.lint.Node): string | null {
  if (node.type === "TSLiteralType") return literalText(node.literal);
  return node.type === "Literal" && typeof node.value === "string" ? node.value : null;
}
