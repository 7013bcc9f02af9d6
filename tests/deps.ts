/** What tests, and only tests, take from npm. */

export { default as fc } from "npm:fast-check@4.10.2";
