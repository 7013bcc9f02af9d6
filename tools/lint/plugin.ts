/** The project's own lint rules, named in `deno.json`. They look at module specifiers, and at the name `Deno`. */
import { dependencies } from "./dependencies.ts";
import { layers } from "./layers.ts";
import { runtime } from "./runtime.ts";

const plugin: Deno.lint.Plugin = { name: "narrowbert", rules: { layers, dependencies, runtime } };

export default plugin;
