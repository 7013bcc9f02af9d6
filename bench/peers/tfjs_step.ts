/**
 * A training step in TensorFlow.js: `variableGrads` of the loss, its Adam, and weight decay before that. The gradients of
 * its ops come with the package of everything: those of the core are no modules that Deno can load.
 */

import "@tensorflow/tfjs";
import * as tf from "@tensorflow/tfjs-core";
import { LENGTH } from "../bert256.ts";
import type { StepRun } from "./party.ts";
import { ADAMW, decays, type StepModel, stepModel } from "./step_model.ts";
import type { StepWork } from "./works.ts";

type Weights = ReadonlyMap<string, tf.Variable>;

/** Inputs of a step, on the GPU. */
interface Inputs {
  ids: tf.Tensor1D;
  rows: tf.Tensor1D;
  /** The masked words, one-hot. */
  labels: tf.Tensor2D;
}

/** Prepares steps. Weights of linear layers are `[out, in]`, as in the checkpoint. */
export async function prepareStep(work: StepWork): Promise<StepRun> {
  const model = await stepModel(work);
  const weights: Weights = new Map(
    [...model.weights].map(([name, { shape, data }]) => [name, tf.variable(tf.tensor(data, [...shape]), true, name)]),
  );
  const inputs: Inputs = {
    ids: tf.tensor1d(model.ids, "int32"),
    rows: tf.tensor1d(model.rows, "int32"),
    labels: tf.oneHot(tf.tensor1d(model.labels, "int32"), model.config.vocab_size) as tf.Tensor2D,
  };
  const derive = () => tf.variableGrads(() => loss(model, weights, inputs), [...weights.values()]);
  const { lr, betas: [beta1, beta2], eps, weight_decay } = ADAMW;
  const adam = tf.train.adam(lr, beta1, beta2, eps);
  const decaying = [...weights].filter(([name]) => decays(name)).map(([, weight]) => weight);
  return {
    async gradients() {
      const { value, grads } = derive();
      const found = new Map<string, Float32Array>();
      for (const [name, gradient] of Object.entries(grads)) found.set(name, await gradient.data<"float32">());
      const [loss] = await value.data<"float32">();
      tf.dispose([value, grads]);
      return { loss: loss!, gradients: found };
    },
    async run(times) {
      let loss = NaN;
      for (let i = 0; i < times; i++) {
        const value = tf.tidy(() => {
          const { value, grads } = derive();
          for (const weight of decaying) weight.assign(tf.mul(weight, 1 - lr * weight_decay));
          adam.applyGradients(Object.entries(grads).map(([name, tensor]) => ({ name, tensor })));
          return value;
        });
        loss = (await value.data<"float32">())[0]!;
        value.dispose();
      }
      return Float32Array.of(loss);
    },
  };
}

/** The mean cross-entropy of the masked words. */
function loss({ config, ids }: StepModel, weights: Weights, inputs: Inputs): tf.Scalar {
  const { num_hidden_layers: layers, num_attention_heads: heads, hidden_size: width, layer_norm_eps: eps } = config;
  const [sequences, length] = [ids.length / LENGTH, LENGTH];
  const of = (name: string) => weights.get(name) as tf.Tensor;
  const linear = (at: string, x: tf.Tensor) => tf.add(tf.matMul(x, of(`${at}.weight`), false, true), of(`${at}.bias`));
  const norm = (at: string, x: tf.Tensor) => {
    const centered = tf.sub(x, tf.mean(x, -1, true));
    const variance = tf.mean(tf.square(centered), -1, true);
    const normal = tf.mul(centered, tf.rsqrt(tf.add(variance, eps)));
    return tf.add(tf.mul(normal, of(`${at}.weight`)), of(`${at}.bias`));
  };
  const gelu = (x: tf.Tensor) => tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1));
  const byHead = (x: tf.Tensor) => tf.transpose(tf.reshape(x, [sequences, length, heads, width / heads]), [0, 2, 1, 3]);
  const layer = (at: string, x: tf.Tensor) => {
    const q = tf.mul(byHead(linear(`${at}.attention.self.query`, x)), 1 / Math.sqrt(width / heads));
    const k = byHead(linear(`${at}.attention.self.key`, x));
    const v = byHead(linear(`${at}.attention.self.value`, x));
    const y = tf.matMul(tf.softmax(tf.matMul(q, k, false, true)), v);
    const together = tf.reshape(tf.transpose(y, [0, 2, 1, 3]), [sequences * length, width]);
    const attended = norm(
      `${at}.attention.output.LayerNorm`,
      tf.add(linear(`${at}.attention.output.dense`, together), x),
    );
    const inner = gelu(linear(`${at}.intermediate.dense`, attended));
    return norm(`${at}.output.LayerNorm`, tf.add(linear(`${at}.output.dense`, inner), attended));
  };
  const words = of("embeddings.word_embeddings.weight");
  const positions = tf.slice(of("embeddings.position_embeddings.weight"), [0, 0], [length, width]);
  const types = tf.slice(of("embeddings.token_type_embeddings.weight"), [0, 0], [1, width]);
  const embedded = tf.reshape(tf.gather(words, inputs.ids), [sequences, length, width]);
  const placed = tf.reshape(tf.add(embedded, tf.add(positions, types)), [sequences * length, width]);
  let x: tf.Tensor = norm("embeddings.LayerNorm", placed);
  for (let i = 0; i < layers; i++) x = layer(`encoder.layer.${i}`, x);
  const head = "cls.predictions";
  const masked = tf.gather(x, inputs.rows);
  const transformed = norm(`${head}.transform.LayerNorm`, gelu(linear(`${head}.transform.dense`, masked)));
  const logits = tf.add(tf.matMul(transformed, words, false, true), of(`${head}.bias`));
  return tf.neg(tf.mean(tf.sum(tf.mul(tf.logSoftmax(logits), inputs.labels), -1)));
}
