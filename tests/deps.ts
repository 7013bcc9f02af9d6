/** What tests, and only tests, take from npm. */

export { default as fc } from "npm:fast-check@4.10.2";
export { type DefaultTreeAdapterMap, parse as parseHtml } from "npm:parse5@8.1.1";
