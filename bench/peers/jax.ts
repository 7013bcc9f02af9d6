/** jax-js on WebGPU, models through its ONNX loader: under `jit`, arguments and weights on the GPU. */

import { defaultDevice, init, jit, numpy as np } from "@jax-js/jax";
import { ONNXModel } from "@jax-js/onnx";
import { allowScatter } from "./jax_scatter.ts";
import { prepareStep } from "./jax_step.ts";
import { serve } from "./party.ts";
import { matrices, tokens } from "./works.ts";

allowScatter();
await init("webgpu");
defaultDevice("webgpu");

// A function consumes the arrays that it is given; `ref` makes one last for another use.
await serve({
  async gemm(work) {
    const { m, k } = work;
    const { a, b } = matrices(work);
    const [x0, y] = [np.array(a).reshape([m, k]), np.array(b).reshape([k, k])];
    await Promise.all([x0.blockUntilReady(), y.blockUntilReady()]);
    const product = jit((x: np.Array, y: np.Array) => np.matmul(x, y));
    return async (times) => {
      let x = x0.ref;
      for (let i = 0; i < times; i++) x = product(x, y.ref);
      return await x.data() as Float32Array;
    };
  },
  async model(work) {
    const model = new ONNXModel(await Deno.readFile(work.onnx));
    const run = jit((inputs: Record<string, np.Array>) => model.run(inputs));
    const dims = [work.sequences, work.length];
    const inputs = Object.entries(tokens(work)).map(([name, data]) => [name, np.array(data).reshape(dims)] as const);
    await Promise.all(inputs.map(([, array]) => array.blockUntilReady()));
    return async (times) => {
      const results = Array.from({ length: times }, () => {
        const { last_hidden_state } = run(Object.fromEntries(inputs.map(([name, array]) => [name, array.ref])));
        return last_hidden_state as np.Array;
      });
      const numbers = await Promise.all(results.map((result) => result.data()));
      return numbers.at(-1) as Float32Array;
    };
  },
  step: prepareStep,
});
