/**
 * The whole library in a page: the bundle of `mod.ts`, imported in headless Chromium, and calls of it whose arguments and
 * results are plain data. The functions that run in the page stand alone: only their text goes there.
 */
import type { GoldenCase } from "../../tests/golden/golden_case.ts";
import type { GoldenOutput } from "../../tests/golden/golden_compare.ts";
import { openSite, type Site } from "./site.ts";

type Library = typeof import("../../mod.ts");

/** The path of the bundle on the server. */
const BUNDLE = "mod.js";

/** Folders of files that the server gives, by the first part of their path. */
const FOLDERS: Readonly<Record<string, URL>> = {
  shipped: new URL("../../examples/models/wordnet/", import.meta.url),
  golden: new URL("../../tests/golden/models/", import.meta.url),
};

/** What a call of a pipeline needs. */
export interface TaskCall {
  task: string;
  /** A path on the server. */
  model: string;
  /** The arguments of the pipeline: an input and options. */
  args: unknown[];
}

/** A tensor as plain data. */
interface PlainTensor {
  type: string;
  dims: number[];
  data: number[];
}

/** An input of a model. */
type NamedTensor = PlainTensor & { name: string };

/** A page that has imported the bundle; dispose of it when done. */
export class LibraryPage implements AsyncDisposable {
  readonly #site: Site;
  readonly #complaints: string[];

  private constructor(site: Site, complaints: string[]) {
    this.#site = site;
    this.#complaints = complaints;
  }

  /** Bundles the library for browsers, as its README says, and imports it in a page. */
  static async open(): Promise<LibraryPage> {
    const code = await bundle();
    const site = await openSite(async (path) => {
      const [, first, ...rest] = path.split("/");
      if (first === BUNDLE) return new Response(code, { headers: { "content-type": "text/javascript" } });
      const folder = FOLDERS[first!];
      if (folder === undefined || rest.includes("..")) return new Response("not here", { status: 404 });
      const bytes = await Deno.readFile(new URL(rest.map(encodeURIComponent).join("/"), folder)).catch(() => null);
      return bytes === null ? new Response("not here", { status: 404 }) : new Response(bytes);
    });
    const complaints: string[] = [];
    site.page.on("pageerror", (error) => complaints.push(String(error)));
    site.page.on("console", (message) => {
      // The browser itself reports files that are not there, and the library asks for optional ones.
      if (!/^Failed to load resource: .* 404 /.test(message.text())) complaints.push(message.text());
    });
    return new LibraryPage(site, complaints);
  }

  /** What the page wrote on its console, and errors that nobody caught. */
  get complaints(): readonly string[] {
    return this.#complaints;
  }

  /** The URL of a path on the server. */
  url(path: string): string {
    return this.#site.origin + path;
  }

  /** Names of all that the bundle exports. */
  names(): Promise<string[]> {
    return this.#site.page.evaluate(async (bundle) => Object.keys(await import(bundle)).sort(), this.url(BUNDLE));
  }

  /** Makes a pipeline of a model on the server, and calls it. A tensor comes as its type, dims and data. */
  call({ task, model, args }: TaskCall): Promise<unknown> {
    return this.#site.page.evaluate(callTask, { bundle: this.url(BUNDLE), task, model: this.url(model), args });
  }

  /** Runs a golden case; its model is loaded by URL, or its files are put in a `Map`. */
  async runGolden(golden: GoldenCase, from: "url" | "files"): Promise<Map<string, GoldenOutput>> {
    const { model, class: name, options: { prune_heads, problem_type, ...forward }, add_pooling_layer } = golden;
    const found = await this.#site.page.evaluate(runModel, {
      bundle: this.url(BUNDLE),
      model: this.url(`golden/${model}/`),
      from,
      name,
      options: {
        ...(add_pooling_layer !== undefined && { add_pooling_layer }),
        ...(problem_type !== undefined && { config: { problem_type } }),
      },
      prune_heads,
      forward,
      inputs: plainInputs(golden),
    });
    return new Map(found);
  }

  /** Trains a golden model by a case's steps of AdamW, and gives the losses. */
  train(golden: GoldenCase): Promise<number[]> {
    const { steps, lr, betas, eps, weight_decay, max_grad_norm } = golden.adamw!;
    return this.#site.page.evaluate(trainModel, {
      bundle: this.url(BUNDLE),
      model: this.url(`golden/${golden.model}/`),
      name: golden.class,
      steps,
      options: { lr, betas, eps, weight_decay, max_grad_norm },
      inputs: plainInputs(golden),
    });
  }

  /** The name and message of the error of a pipeline that cannot be made. */
  refusal(task: string, model: string): Promise<string> {
    return this.#site.page.evaluate(refusalOf, { bundle: this.url(BUNDLE), task, model });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#site[Symbol.asyncDispose]();
  }
}

function plainInputs({ inputs }: GoldenCase): NamedTensor[] {
  return Object.entries(inputs).map(([name, { type, dims, data }]) => {
    return { name, type, dims: [...dims], data: Array.from<number | bigint, number>(data, Number) };
  });
}

/** The text of the bundle. */
export async function bundle(): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["bundle", "--quiet", "--platform", "browser", "mod.ts"],
    cwd: new URL("../../", import.meta.url),
  }).output();
  const decoder = new TextDecoder();
  if (!success) throw new Error(`Cannot bundle mod.ts: ${decoder.decode(stderr)}`);
  return decoder.decode(stdout);
}

/** Runs in the page. */
async function callTask(
  { bundle, task, model, args }: TaskCall & { bundle: string },
): Promise<unknown> {
  const { pipeline, Tensor } = await import(bundle) as Library;
  using ask = await pipeline(task as "score", new URL(model));
  const answer: unknown = await (ask as unknown as (...args: unknown[]) => Promise<unknown>)(...args);
  if (!(answer instanceof Tensor)) return answer;
  return { type: answer.type, dims: answer.dims, data: Array.from<number | bigint, number>(answer.data, Number) };
}

/** Runs in the page. */
async function runModel({ bundle, model, from, name, options, prune_heads, forward, inputs }: {
  bundle: string;
  model: string;
  from: "url" | "files";
  name: string;
  options: Record<string, unknown>;
  prune_heads: Record<string, number[]> | undefined;
  forward: Record<string, unknown>;
  inputs: NamedTensor[];
}): Promise<[string, PlainTensor][]> {
  const library = await import(bundle) as Library;
  const fetched = async (file: string): Promise<[string, Uint8Array]> => {
    return [file, new Uint8Array(await (await fetch(new URL(file, model))).arrayBuffer())];
  };
  const source = from === "url"
    ? new URL(model)
    : new Map(await Promise.all(["config.json", "model.safetensors"].map(fetched)));
  const Class = library[name as "NarrowBertModel"];
  using loaded = await Class.from_pretrained(source, options);
  if (prune_heads !== undefined) loaded.prune_heads(prune_heads);
  const tensors = inputs.map(({ name, type, data, dims }) => {
    return [name, new library.Tensor(type as "float32", data, dims)] as const;
  });
  const output = await loaded.forward(Object.fromEntries(tensors), forward);
  const { hidden_states = [], attentions = [], narrow_positions: _, recorded: __, ...single } = output;
  const all: [string, unknown][] = [
    ...Object.entries(single),
    ...hidden_states.map((state, i): [string, unknown] => [`hidden_states.${i}`, state]),
    ...attentions.map((probabilities, i): [string, unknown] => [`attentions.${i}`, probabilities]),
  ];
  return all.flatMap(([name, tensor]): [string, PlainTensor][] => {
    if (!(tensor instanceof library.Tensor)) return [];
    const { type, dims, data } = tensor;
    return [[name, { type, dims: [...dims], data: Array.from<number | bigint, number>(data, Number) }]];
  });
}

/** Runs in the page. */
async function trainModel({ bundle, model, name, steps, options, inputs }: {
  bundle: string;
  model: string;
  name: string;
  steps: number;
  options: Record<string, unknown>;
  inputs: NamedTensor[];
}): Promise<number[]> {
  const library = await import(bundle) as Library;
  const tensors = inputs.map(({ name, type, data, dims }) => {
    return [name, new library.Tensor(type as "float32", data, dims)] as const;
  });
  using loaded = await library[name as "NarrowBertForMaskedLM"].from_pretrained(new URL(model));
  using optimizer = new library.AdamW(loaded, options);
  const losses: number[] = [];
  for (let i = 0; i < steps; i++) {
    losses.push((await optimizer.step(Object.fromEntries(tensors), { dropout: 0 })).loss);
  }
  return losses;
}

/** Runs in the page. */
async function refusalOf(
  { bundle, task, model }: { bundle: string; task: string; model: string },
): Promise<string> {
  const { pipeline } = await import(bundle) as Library;
  try {
    using _made = await pipeline(task as "score", model);
    return "no error";
  } catch (error) {
    return `${(error as Error).name}: ${(error as Error).message}`;
  }
}
