/** Reads a page of HTML, by a parser that follows the standard. */

import assert from "node:assert/strict";
import { type DefaultTreeAdapterMap, parseHtml } from "../deps.ts";

type Node = DefaultTreeAdapterMap["childNode"];

/** An element of a page. */
export type Element = DefaultTreeAdapterMap["element"];

/** All elements of a page, from top to bottom. It fails if the page breaks a rule of the standard. */
export function elementsOf(page: string): Element[] {
  const errors: string[] = [];
  const onParseError = ({ code, startLine }: { code: string; startLine: number }) =>
    errors.push(`${code} in line ${startLine}`);
  const elements: Element[] = [];
  const visit = (node: Node) => {
    if ("tagName" in node) elements.push(node);
    if ("childNodes" in node) node.childNodes.forEach(visit);
  };
  parseHtml(page, { onParseError }).childNodes.forEach(visit);
  assert.deepEqual(errors, []);
  return elements;
}

/** The elements with a tag, and perhaps a class. */
export function withTag(elements: readonly Element[], tag: string, name?: string): Element[] {
  return elements.filter((element) =>
    element.tagName === tag && (name === undefined || attribute(element, "class")?.split(" ").includes(name))
  );
}

/** The text in an element. */
export function textOf(node: Node | undefined): string {
  assert.ok(node !== undefined, "there is no such element");
  if ("value" in node) return node.value;
  return "childNodes" in node ? node.childNodes.map(textOf).join("") : "";
}

/** An attribute of an element; undefined if it has none of the name. */
export function attribute(element: Element, name: string): string | undefined {
  return element.attrs.find((attribute) => attribute.name === name)?.value;
}

/** The texts of the cells of a table, by rows. */
export function cellsOf(table: Element): string[][] {
  const rows = table.childNodes.flatMap((part) => "childNodes" in part ? part.childNodes : []);
  return rows.flatMap((row) =>
    "tagName" in row ? [row.childNodes.filter((cell) => "tagName" in cell).map((cell) => textOf(cell))] : []
  );
}
