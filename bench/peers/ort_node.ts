/** ONNX Runtime on one thread of the CPU: for orientation, and as the result that all others must have. */

import * as ort from "onnxruntime-node";
import { serve } from "./party.ts";
import { matrices, tokens } from "./works.ts";

await serve({
  async gemm(work) {
    const { m, k } = work;
    const session = await open(work.onnx);
    const { a, b } = matrices(work);
    const [x0, y] = [new ort.Tensor("float32", a, [m, k]), new ort.Tensor("float32", b, [k, k])];
    return async (times) => {
      let x: ort.Tensor = x0;
      for (let i = 0; i < times; i++) x = (await session.run({ x, b: y })).y as ort.Tensor;
      return x.data as Float32Array;
    };
  },
  async model(work) {
    const session = await open(work.onnx);
    const dims = [work.sequences, work.length];
    const feeds = Object.fromEntries(
      Object.entries(tokens(work)).map(([name, data]) => [name, new ort.Tensor("int32", data, dims)]),
    );
    return async (times) => {
      let result: ort.Tensor | undefined;
      for (let i = 0; i < times; i++) result = (await session.run(feeds)).last_hidden_state;
      return result?.data as Float32Array;
    };
  },
});

async function open(onnx: string): Promise<ort.InferenceSession> {
  return await ort.InferenceSession.create(onnx, {
    executionProviders: ["cpu"],
    graphOptimizationLevel: "all",
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
  });
}
