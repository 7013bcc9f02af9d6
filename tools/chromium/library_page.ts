/**
 * The whole library in a page: the bundle of `mod.ts`, imported in headless Chromium, and calls of it whose arguments and
 * results are plain data. The functions that run in the page stand alone: only their text goes there.
 */
import { type GoldenCase, goldenModel } from "../../tests/golden/golden_case.ts";
import type { GoldenOutput } from "../../tests/golden/golden_compare.ts";
import { bundleTo } from "../bundle.ts";
import { openSite, type Site } from "./site.ts";

type Library = typeof import("../../mod.ts");

/** The path of the bundle on the server. */
const BUNDLE = "narrowbert.js";

/** The path of the page that the README shows. */
const README_PAGE = "readme.html";

const ROOT = new URL("../../", import.meta.url);

/** Folders of files that the server gives, by the first part of their path. */
const FOLDERS: Readonly<Record<string, URL>> = {
  examples: new URL("examples/", ROOT),
  golden: new URL("tests/golden/models/", ROOT),
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
    const output = await Deno.makeTempFile({ prefix: "narrowbert-", suffix: ".js" });
    const code = await bundleTo(output).finally(() => Deno.remove(output));
    const site = await openSite(async (path) => {
      const [, first, ...rest] = path.split("/");
      if (first === BUNDLE) return new Response(code, { headers: { "content-type": "text/javascript" } });
      if (first === README_PAGE) {
        return new Response(await readmePage(), { headers: { "content-type": "text/html" } });
      }
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

  /** Opens the page that the README shows, and gives what it answers. */
  async readme(): Promise<string> {
    const page = await this.#site.page.context().newPage();
    page.on("pageerror", (error) => this.#complaints.push(String(error)));
    await page.goto(this.url(README_PAGE));
    const text = await page.locator("#answer:not(:empty)").textContent();
    await page.close();
    return text ?? "";
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
      files: [...Deno.readDirSync(goldenModel(model))].map(({ name }) => name),
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

  /** The name and message of the error of a golden model that cannot be saved. */
  refusedSaving(model: string, folder: string): Promise<string> {
    return this.#site.page.evaluate(refusedSavingOf, {
      bundle: this.url(BUNDLE),
      model: this.url(`golden/${model}/`),
      folder,
    });
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

/** The page that the README shows. */
async function readmePage(): Promise<string> {
  const readme = await Deno.readTextFile(new URL("README.md", ROOT));
  return `<!doctype html><meta charset="utf-8">${readme.match(/^```html\n(.*?)^```$/ms)![1]}`;
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
async function runModel({ bundle, model, from, files, name, options, prune_heads, forward, inputs }: {
  bundle: string;
  model: string;
  from: "url" | "files";
  files: string[];
  name: string;
  options: Record<string, unknown>;
  prune_heads: Record<string, number[]> | undefined;
  forward: Record<string, unknown>;
  inputs: NamedTensor[];
}): Promise<[string, PlainTensor][]> {
  const library = await import(bundle) as Library;
  const source = from === "url" ? new URL(model) : new Map<string, Uint8Array>();
  if (source instanceof Map) {
    for (const file of files) source.set(file, new Uint8Array(await (await fetch(new URL(file, model))).arrayBuffer()));
  }
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

/** Runs in the page. */
async function refusedSavingOf(
  { bundle, model, folder }: { bundle: string; model: string; folder: string },
): Promise<string> {
  const { NarrowBertModel } = await import(bundle) as Library;
  using loaded = await NarrowBertModel.from_pretrained(new URL(model), { add_pooling_layer: false });
  try {
    await loaded.save_pretrained(folder);
    return "no error";
  } catch (error) {
    return `${(error as Error).name}: ${(error as Error).message}`;
  }
}
