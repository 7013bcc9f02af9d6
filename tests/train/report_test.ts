/** Reports of trainings: what is in them, and what can not get into them. */

import assert from "node:assert/strict";
import { addLog, type EvaluationReport, newTrainerState, type TrainingReport, trainingReport } from "../../mod.ts";
import { fc } from "../deps.ts";
import { runDeno } from "../cli/processes.ts";
import { attribute, cellsOf, type Element, elementsOf, textOf, withTag } from "./pages.ts";
import { reportOf } from "./reports.ts";

const SMALL = reportOf({ classes: 6, steps: 60 });
const LARGE = reportOf({ classes: 60, steps: 3000 });

const read = async (report: TrainingReport) => elementsOf(await trainingReport(report));

const headings = (elements: readonly Element[]) =>
  elements.filter(({ tagName }) => /^h[1-6]$/.test(tagName)).map((heading) => textOf(heading));

const tableNamed = (elements: readonly Element[], name: string) => {
  const box = elements.find((element) => attribute(element, "aria-label") === name && element.tagName === "div");
  return cellsOf(box?.childNodes[0] as Element);
};

Deno.test("a report has a section for everything that it is given", async () => {
  assert.deepEqual(headings(await read(SMALL)), [
    "Topics of definitions",
    "Resumed",
    "Training",
    "Evaluations",
    "Predictions",
    "Classes",
    "Confusion",
    "Calibration",
    "Worst mistakes",
    "Settings",
    "Environment",
  ]);
});

Deno.test("what is not given is left out", async () => {
  const given = async (report: Partial<TrainingReport>) => headings(await read({ ...SMALL, ...report }));
  const all = await given({});
  const without = (...left: string[]) => all.filter((heading) => !left.includes(heading));
  const parts = ["Predictions", "Classes", "Confusion", "Calibration", "Worst mistakes"];
  assert.deepEqual(await given({ resumed: [] }), without("Resumed"));
  assert.deepEqual(await given({ settings: {}, environment: undefined }), without("Settings", "Environment"));
  assert.deepEqual(await given({ state: newTrainerState() }), without("Training", "Evaluations"));
  assert.deepEqual(await given({ evaluation: undefined }), without(...parts));
  assert.deepEqual(await given({ evaluation: {} }), without(...parts));
  const part = (evaluation: EvaluationReport) => given({ evaluation: { ...SMALL.evaluation, ...evaluation } });
  assert.deepEqual(await part({ scores: undefined }), without("Classes"));
  assert.deepEqual(await part({ confusion: undefined }), without("Confusion"));
  assert.deepEqual(await part({ calibration: undefined }), without("Calibration"));
  assert.deepEqual(await part({ mistakes: [] }), without("Worst mistakes"));
  assert.deepEqual(headings(await read({ title: "Bare", state: newTrainerState() })), ["Bare"]);
});

Deno.test("every drawing has a name, and a table of its numbers", async () => {
  const figures = withTag(await read(SMALL), "figure");
  const captions = figures.map((figure) => {
    const inside = figure.childNodes.filter((node) => "tagName" in node);
    const caption = textOf(inside[0]);
    const svg = inside.find(({ tagName }) => tagName === "svg");
    assert.equal(attribute(svg!, "role"), "img");
    assert.equal(attribute(svg!, "aria-label"), caption);
    assert.equal(inside.at(-1)!.tagName, "details");
    return caption;
  });
  assert.deepEqual(captions, [
    "Loss",
    "Learning rate",
    "Norm of the gradients",
    "Tokens per second",
    "Metrics",
    "Metrics",
    "Perplexity",
    "Share of answers that are right, by the probability that the model gave them",
  ]);
});

Deno.test("the numbers behind a drawing are those of the log, gaps too", async () => {
  const state = newTrainerState();
  for (const loss of [0.75, NaN, Infinity, 0.25]) {
    Object.assign(state, { global_step: state.global_step + 10, epoch: state.epoch + 0.5 });
    addLog(state, { loss, learning_rate: 0.00002 });
  }
  addLog(state, { eval_loss: 0.5, eval_runtime: 3 });
  const elements = await read({ title: "", state });
  assert.deepEqual(tableNamed(elements, "Loss"), [
    ["step", "training", "evaluation"],
    ["10", "0.75", ""],
    ["20", "NaN", ""],
    ["30", "∞", ""],
    ["40", "0.25", "0.5"],
  ]);
  assert.deepEqual(tableNamed(elements, "Learning rate")[1], ["10", "2e-5"]);
  assert.deepEqual(tableNamed(elements, "Evaluations"), [["epoch", "step", "loss"], ["2", "40", "0.5"]]);
  const lines = withTag(elements, "path", "line").map((line) => attribute(line, "d")!);
  assert.equal(lines.length, 3);
  assert.match(lines[0]!, /^M[\d.]+,[\d.]+ZM[\d.]+,[\d.]+Z$/, "two points with a gap between them");
  assert.equal(withTag(elements, "circle").length, 1, "the one evaluation is a dot");
});

Deno.test("a log of nothing but NaN, and one of constants, can be drawn", async () => {
  for (const loss of [NaN, 0, 7, -1e-300, 1e300]) {
    const state = newTrainerState();
    for (let step = 0; step < 400; step++) state.log_history.push({ loss, step, epoch: 0 });
    const page = await trainingReport({ title: "", state });
    const drawn = elementsOf(page).filter(({ tagName }) => tagName === "path").map((path) => attribute(path, "d")!);
    for (const d of drawn) assert.match(d, /^[MLHVZ\d.,-]*$/);
  }
});

Deno.test("thousands of entries stay a small page: means over bands, and some rows of each table", async () => {
  const page = await trainingReport(LARGE);
  assert.ok(page.length < 150_000, `${page.length} characters`);
  const elements = elementsOf(page);
  assert.equal(withTag(elements, "path", "band").length, 4);
  const rows = tableNamed(elements, "Learning rate");
  assert.equal(rows.length, 1 + 201);
  assert.deepEqual(rows.at(-1), ["3,000", "0"]);
  assert.match(page, /<summary>Numbers, one row in 15 of 3,000<\/summary>/);
});

Deno.test("a small confusion matrix is shown whole, a large one by its most confused pairs", async () => {
  const { classes, confusion } = SMALL.evaluation!;
  const [matrix] = withTag(await read(SMALL), "table", "matrix");
  const [head, ...rows] = cellsOf(matrix!);
  assert.deepEqual(head, ["", ...classes!]);
  assert.deepEqual(rows, confusion!.map((row, i) => [classes![i], ...row.map(String)]));

  const names = Array.from({ length: 30 }, (_, i) => `c${i}`);
  const counts: number[][] = names.map((_, gold) => names.map((_, predicted) => gold === predicted ? 50 : 0));
  counts[3]![7] = 50;
  counts[8]![2] = 10;
  counts[1]![2] = 10;
  counts[1]![1] = 0;
  const elements = await read({ ...SMALL, evaluation: { classes: names, confusion: counts } });
  assert.deepEqual(withTag(elements, "table", "matrix"), []);
  assert.deepEqual(tableNamed(elements, "Confused classes"), [
    ["class", "predicted as", "examples", "of the class"],
    ["c3", "c7", "50", "50.0%"],
    ["c1", "c2", "10", "100.0%"],
    ["c8", "c2", "10", "16.7%"],
  ]);
});

Deno.test("classes, calibration and mistakes are those that were given", async () => {
  const elements = await read({
    title: "",
    state: newTrainerState(),
    evaluation: {
      classes: ["PER"],
      scores: [{ precision: 0.5, recall: 0.25, f1: 1 / 3, support: 1234 }],
      calibration: [
        { above: 0.2, upTo: 0.4, count: 0, confidence: 0, accuracy: 0 },
        { above: 0.4, upTo: 0.6, count: 3, confidence: 0.5, accuracy: 1 / 3 },
      ],
      mistakes: [{ text: "line 1\nline 2", gold: "PER", predicted: "O", score: 0.98765 }],
    },
  });
  assert.deepEqual(tableNamed(elements, "Classes")[1], ["PER", "0.500", "0.250", "0.333", "1,234"]);
  const [figure] = withTag(elements, "figure");
  assert.deepEqual(tableNamed(elements, textOf(figure!.childNodes[1])).slice(1), [
    ["40.0% to 60.0%", "3", "50.0%", "33.3%"],
  ]);
  const [mistake] = withTag(elements, "ol", "mistakes");
  assert.equal(
    textOf(mistake).trim().replaceAll(/ ?\n/g, "|"),
    "line 1|line 2|is PER, was predicted as O|score 0.9877",
  );
});

Deno.test("the summary has the numbers of the best model", async () => {
  const state = newTrainerState({ best_metric: 0.9, best_global_step: 1, max_steps: 5, num_input_tokens_seen: 1234 });
  for (const eval_f1 of [0.9, 0.8]) {
    state.global_step++;
    addLog(state, { eval_f1 });
  }
  addLog(state, { train_runtime: 65, train_loss: 1 });
  const report = { title: "", state, settings: { metric_for_best_model: "eval_f1" } };
  const [facts] = withTag(await read(report), "dl");
  assert.equal(textOf(facts), "steps2 of 5epochs0tokens1,234time1 min 5 sF10.9");
  assert.match(await trainingReport(report), /The best model is that of step 1, by F1 0.9/);
});

/** Every tag that a report may have. */
const TAGS = "html head meta title style body header h1 p dl div dt dd main section h2 h3 ul ol li code figure " +
  "figcaption svg path text circle details summary table thead tbody tr th td span bdi strong";

Deno.test("texts are escaped wherever they stand, so that no markup gets in", async () => {
  const page = (bad: string): TrainingReport => {
    const state = newTrainerState({ best_model_checkpoint: bad });
    for (const step of [1, 2]) {
      state.log_history.push({ step, epoch: step, [`eval_${bad}`]: step, eval_loss: 1, loss: 1 });
    }
    return {
      title: bad,
      description: bad,
      state,
      resumed: [{ step: 1, checkpoint: bad, differences: [bad] }],
      evaluation: {
        description: bad,
        classes: [bad, bad],
        scores: [1, 2].map((support) => ({ precision: 1, recall: 1, f1: 1, support })),
        confusion: [[1, 2], [3, 4]],
        mistakes: [{ text: bad, gold: bad, predicted: bad, score: 1 }],
      },
      settings: { [bad]: bad, list: [bad], metric_for_best_model: bad },
      environment: { [bad]: { [bad]: bad } },
    };
  };
  const parts = [
    "<script>",
    "</title>",
    "</style>",
    "<!--",
    "]]>",
    '"',
    "'",
    "&lt;",
    "&#0;",
    "<b",
    "\0",
    "\x0b",
    "\x1b",
    "\r",
    "\x7f",
    "\ufffe",
  ];
  const odd = fc.oneof(fc.constantFrom(...parts), fc.string({ unit: "binary" }), fc.constant("\ud800"));
  const shown = '</title><script>alert("1")</script>&amp;';
  const tags = new Set(TAGS.split(" "));
  await fc.assert(
    fc.asyncProperty(fc.array(odd), async (bad) => {
      const elements = await read(page(bad.join("") + shown));
      assert.deepEqual(elements.map(({ tagName }) => tagName).filter((tag) => !tags.has(tag)), []);
      assert.ok(textOf(withTag(elements, "title")[0]).endsWith(shown));
      assert.ok(textOf(withTag(elements, "p", "text")[0]).endsWith(shown));
      assert.ok(tableNamed(elements, "Settings")[1]!.every((cell) => cell.endsWith(shown)));
      const names = elements.flatMap(({ attrs }) => attrs.map(({ name }) => name));
      assert.deepEqual(names.filter((name) => /^on|^href$|^src$|^id$/.test(name)), []);
    }),
    { numRuns: 10, examples: [[parts]] },
  );
});

Deno.test("a page loads nothing, runs nothing, and is readable in the dark and on a phone", async () => {
  const page = await trainingReport(SMALL);
  assert.doesNotMatch(page, /https?:|url\(|@import|@font-face/);
  const metas = withTag(elementsOf(page), "meta").map(({ attrs }) => attrs.map(({ value }) => value));
  assert.deepEqual(metas, [
    ["utf-8"],
    ["Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'"],
    ["viewport", "width=device-width, initial-scale=1"],
    ["color-scheme", "light dark"],
  ]);
  assert.match(page, /@media \(prefers-color-scheme: dark\)/);
});

Deno.test("the same data give the same bytes, also from JSON", async () => {
  const page = await trainingReport(SMALL);
  assert.equal(await trainingReport(SMALL), page);
  assert.equal(await trainingReport(JSON.parse(JSON.stringify(SMALL))), page);
});

Deno.test("a very long text is cut", async () => {
  const mistakes = [{ text: "x".repeat(10_000_000), gold: "a", predicted: "b", score: 1 }];
  const page = await trainingReport({ title: "", state: newTrainerState(), evaluation: { mistakes } });
  assert.ok(page.length < 10_000);
  assert.match(page, /x{600} …</);
});

Deno.test("scores and matrices of other classes are refused", async () => {
  const refuse = (evaluation: EvaluationReport, message: string) =>
    assert.rejects(trainingReport({ ...SMALL, evaluation }), {
      name: "TypeError",
      message: `Cannot make a report:${message}`,
    });
  await refuse({ classes: ["a", "b"], scores: [] }, " scores must be 2, as are the classes, got 0");
  await refuse(
    { confusion: [[1]] },
    "\n  - rows of the confusion matrix must be 0, as are the classes, got 1" +
      "\n  - numbers in row 0 of the confusion matrix must be 0, as are the classes, got 1",
  );
});

Deno.test("a report is made without any permission", async () => {
  const script = new URL("./scripts/report.ts", import.meta.url).href;
  const { code, stdout, stderr } = await runDeno([script]);
  assert.deepEqual([code, stdout.trim()], [0, "true"], stderr);
});
