/** Reports to test with: one that has everything, of random answers. */

import {
  addLog,
  ClassificationMetrics,
  newTrainerState,
  prefixed,
  type TrainingReport,
  WorstMistakes,
} from "../../mod.ts";
import { normals } from "../../src/base/random.ts";

/** Names of classes, some of which HTML must not read as markup. */
export function classNames(count: number): string[] {
  const names = ["noun.animal", "noun.artifact", "verb.motion", "<b>bold</b>", "طائر", "a & b"];
  return Array.from({ length: count }, (_, i) => names[i] ?? `noun.topic_${i}`);
}

/** A training of so many steps, evaluated three times. */
export function reportOf({ classes, steps }: { classes: number; steps: number }): TrainingReport {
  const state = newTrainerState({ max_steps: steps, num_train_epochs: 3, train_batch_size: 16 });
  const noise = normals(1, 0, steps + 1);
  const names = classNames(classes);
  let metrics = new ClassificationMetrics(classes);
  let mistakes = new WorstMistakes(5);
  for (let step = 1; step <= steps; step++) {
    state.global_step = step;
    state.epoch = 3 * step / steps;
    state.num_input_tokens_seen += 1000;
    const done = step / steps;
    addLog(state, {
      loss: 0.4 + 2.2 * Math.exp(-4 * done) + 0.08 * noise[step]!,
      grad_norm: 1 + 0.2 * noise[steps - step]!,
      learning_rate: 5e-5 * Math.min(10 * done, 1 - done),
      train_tokens_per_second: 21_500 + 300 * noise[step]!,
    });
    if (step % Math.floor(steps / 3) !== 0) continue;
    [metrics, mistakes] = evaluated(names, 1 + 2 * done);
    addLog(state, {
      eval_loss: 0.5 + 1.8 * Math.exp(-4 * done),
      ...prefixed("eval", metrics.result()),
      eval_perplexity: 40 * Math.exp(-done),
      eval_runtime: 1.5,
      eval_samples_per_second: 400,
      eval_steps_per_second: 25,
    });
  }
  addLog(state, { train_runtime: 4325.5, train_samples_per_second: 50, train_steps_per_second: 3, train_loss: 0.9 });
  Object.assign(state, { best_metric: metrics.result().f1, best_global_step: state.log_history.at(-2)!.step });
  return {
    title: "Topics of definitions",
    description: "NarrowBERT, 2 full layers and 10 narrow ones, from tests/models/mlm.",
    state,
    resumed: [{
      step: Math.floor(steps / 2),
      checkpoint: "out/checkpoint-" + Math.floor(steps / 2),
      differences: ["the runtime was deno 2.9.5 and is deno 2.9.6"],
    }],
    evaluation: {
      description: `validation.csv, ${metrics.count} examples, by the best model.`,
      classes: names,
      scores: metrics.byClass(),
      confusion: metrics.confusion.tolist(),
      calibration: metrics.calibration(),
      mistakes: mistakes.list(),
    },
    settings: {
      learning_rate: 5e-5,
      metric_for_best_model: "f1",
      lr_scheduler_type: "linear",
      frozen: [],
      class_weights: null,
      seed: 42,
    },
    environment: { library: "0.1.0", runtime: "deno 2.9.6", adapter: "llvmpipe (LLVM 19.1.7, 256 bits)" },
  };
}

/** Random answers, right the more often the stronger the signal. */
function evaluated(names: readonly string[], signal: number): [ClassificationMetrics, WorstMistakes] {
  const metrics = new ClassificationMetrics(names.length);
  const mistakes = new WorstMistakes(5);
  for (let i = 0; i < 600; i++) {
    const label = i % names.length;
    const logits = normals(2, i, names.length);
    logits[label]! += signal;
    metrics.add({ logits, labels: [label] });
    const predicted = logits.indexOf(Math.max(...logits));
    const text = `definition ${i}: a small <script>alert("bird")</script> & its nest`;
    if (predicted === label) continue;
    mistakes.add({ text, gold: names[label]!, predicted: names[predicted]!, score: logits[predicted]! / 10 });
  }
  return [metrics, mistakes];
}
