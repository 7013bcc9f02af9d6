/** A training step in jax-js: `valueAndGrad` of the loss, and AdamW, all under `jit`. */

import { jit, nn, numpy as np, valueAndGrad } from "@jax-js/jax";
import { LENGTH } from "../bert256.ts";
import type { StepRun } from "./party.ts";
import { ADAMW, decays, isLinear, type StepModel, stepModel, transposed } from "./step_model.ts";
import type { StepWork } from "./works.ts";

type Weights = Record<string, np.Array>;

/**
 * Inputs of a step, on the GPU. `one` is the number 1: the gradient of a gather is a scatter, which `jit` refuses if it
 * reads a reshaped product, but not a product of that with something.
 */
type Inputs = Record<"ids" | "rows" | "labels" | "one", np.Array>;

// A function consumes the arrays that it is given; `ref` makes one last for another use.

/** Prepares steps. Weights of linear layers are kept as `[in, out]`. */
export async function prepareStep(work: StepWork): Promise<StepRun> {
  const model = await stepModel(work);
  const names = [...model.weights.keys()];
  const upload = (name: string) => {
    const weight = model.weights.get(name)!;
    const { shape, data } = isLinear(name) ? transposed(weight) : weight;
    return np.array(data).reshape([...shape]);
  };
  const each = (value: (name: string) => np.Array): Weights => Object.fromEntries(names.map((n) => [n, value(n)]));
  const again = (weights: Weights): Weights => each((name) => weights[name]!.ref);
  let weights = each(upload);
  let [m, v] = [each((n) => np.zerosLike(weights[n]!.ref)), each((n) => np.zerosLike(weights[n]!.ref))];
  const inputs = {
    ids: np.array(model.ids).reshape([work.sequences, LENGTH]),
    one: np.array(Float32Array.of(1)),
    rows: np.array(model.rows),
    labels: np.array(model.labels),
  };
  const inputsAgain = (): Inputs => ({
    ids: inputs.ids.ref,
    rows: inputs.rows.ref,
    labels: inputs.labels.ref,
    one: inputs.one.ref,
  });
  const lossOf = (weights: Weights, inputs: Inputs) => loss(model, weights, inputs);
  const derive = jit((weights: Weights, inputs: Inputs) => valueAndGrad(lossOf)(weights, inputs));
  const step = jit((weights: Weights, m: Weights, v: Weights, corrections: np.Array, inputs: Inputs) => {
    const [loss, gradients] = valueAndGrad(lossOf)(again(weights), inputs);
    const next: [Weights, Weights, Weights] = [{}, {}, {}];
    const [one, two] = [corrections.ref.slice(0), corrections.slice(1)];
    for (const name of names) {
      const [b1, b2] = ADAMW.betas;
      const g = gradients[name] as np.Array;
      const mean = m[name]!.mul(b1).add(g.ref.mul(1 - b1));
      const square = v[name]!.mul(b2).add(g.ref.mul(g).mul(1 - b2));
      const kept = decays(name) ? 1 - ADAMW.lr * ADAMW.weight_decay : 1;
      const root = np.sqrt(square.ref.div(two.ref)).add(ADAMW.eps);
      next[0][name] = weights[name]!.mul(kept).sub(mean.ref.div(one.ref).div(root).mul(ADAMW.lr));
      next[1][name] = mean;
      next[2][name] = square;
    }
    one.dispose();
    two.dispose();
    return { loss, weights: next[0], m: next[1], v: next[2] };
  });
  let steps = 0;
  return {
    async gradients() {
      const [loss, gradients] = derive(again(weights), inputsAgain());
      const found = new Map<string, Float32Array>();
      for (const name of names) {
        const { shape } = model.weights.get(name)!;
        const data = await (gradients[name] as np.Array).data() as Float32Array<ArrayBuffer>;
        found.set(name, isLinear(name) ? transposed({ shape: shape.toReversed(), data }).data : data);
      }
      return { loss: (await loss.data())[0]!, gradients: found };
    },
    async run(times) {
      let loss = NaN;
      for (let i = 0; i < times; i++) {
        steps++;
        const corrections = np.array(Float32Array.from(ADAMW.betas, (beta) => 1 - beta ** steps));
        const next = step(weights, m, v, corrections, inputsAgain());
        ({ weights, m, v } = next);
        loss = (await next.loss.data())[0]!;
      }
      return Float32Array.of(loss);
    },
  };
}

/** The mean cross-entropy of the masked words. */
function loss({ config, rows }: StepModel, weights: Weights, inputs: Inputs): np.Array {
  const { num_hidden_layers: layers, num_attention_heads: heads, hidden_size: width, layer_norm_eps: eps } = config;
  const of = (name: string) => weights[name] as np.Array;
  const linear = (at: string, x: np.Array) => np.matmul(x, of(`${at}.weight`)).add(of(`${at}.bias`));
  const norm = (at: string, x: np.Array) => {
    const centered = x.ref.sub(np.mean(x, -1, { keepdims: true }));
    const variance = np.mean(centered.ref.mul(centered.ref), -1, { keepdims: true });
    return centered.div(np.sqrt(variance.add(eps))).mul(of(`${at}.weight`)).add(of(`${at}.bias`));
  };
  const gelu = (x: np.Array) => nn.gelu(x, { approximate: false });
  const [sequences = 0, length = 0] = inputs.ids.shape;
  const byHead = (x: np.Array) => x.reshape([sequences, length, heads, width / heads]).transpose([0, 2, 1, 3]);
  const layer = (at: string, x: np.Array) => {
    const q = byHead(linear(`${at}.attention.self.query`, x.ref)).mul(1 / Math.sqrt(width / heads));
    const k = byHead(linear(`${at}.attention.self.key`, x.ref));
    const v = byHead(linear(`${at}.attention.self.value`, x.ref));
    const y = np.matmul(nn.softmax(np.matmul(q, k.transpose([0, 1, 3, 2])), -1), v);
    const together = y.transpose([0, 2, 1, 3]).reshape([sequences * length, width]);
    const attended = norm(`${at}.attention.output.LayerNorm`, linear(`${at}.attention.output.dense`, together).add(x));
    const inner = gelu(linear(`${at}.intermediate.dense`, attended.ref));
    return norm(`${at}.output.LayerNorm`, linear(`${at}.output.dense`, inner).add(attended));
  };
  const words = of("embeddings.word_embeddings.weight");
  const positions = of("embeddings.position_embeddings.weight").slice([0, length]);
  const types = of("embeddings.token_type_embeddings.weight").slice([0, 1]);
  const embedded = np.take(words.ref, inputs.ids, 0).add(positions.add(types));
  let x = norm("embeddings.LayerNorm", embedded).reshape([sequences * length, width]);
  for (let i = 0; i < layers; i++) x = layer(`encoder.layer.${i}`, x);
  const head = "cls.predictions";
  const masked = np.take(x, inputs.rows, 0).mul(inputs.one);
  const transformed = norm(`${head}.transform.LayerNorm`, gelu(linear(`${head}.transform.dense`, masked)));
  const logits = np.matmul(transformed, words.transpose([1, 0])).add(of(`${head}.bias`));
  const chosen = nn.logSoftmax(logits, -1).mul(nn.oneHot(inputs.labels, config.vocab_size));
  return np.sum(chosen).mul(-1 / rows.length);
}
