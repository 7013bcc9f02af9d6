/** TensorFlow.js on WebGPU. It reads no ONNX, so it takes no part in the forward passes of models. */

import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-webgpu";
import { serve } from "./party.ts";
import { prepareStep } from "./tfjs_step.ts";
import { matrices } from "./works.ts";

if (!await tf.setBackend("webgpu")) throw new Error("Cannot run TensorFlow.js: it finds no WebGPU");

await serve({
  gemm(work) {
    const { m, k } = work;
    const { a, b } = matrices(work);
    // The first product uploads both; they stay.
    const [x0, y] = [tf.tensor2d(a, [m, k]), tf.tensor2d(b, [k, k])];
    return Promise.resolve(async (times) => {
      const result = tf.tidy(() => {
        let x = x0;
        for (let i = 0; i < times; i++) x = tf.matMul(x, y);
        return x;
      });
      const numbers = await result.data<"float32">();
      result.dispose();
      return numbers;
    });
  },
  step: prepareStep,
});
