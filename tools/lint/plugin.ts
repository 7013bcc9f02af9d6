/** The project's own lint rules, named in `deno.json`. Both look at nothing but module specifiers. */
import { dependencies } from "./dependencies.ts";
import { layers } from "./layers.ts";

const plugin: Deno.lint.Plugin = { name: "narrowbert", rules: { layers, dependencies } };

export default plugin;
