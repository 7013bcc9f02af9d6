/** This repository: the product that this adapter gets, on its own, and models through the public module. */

import { AdamW, NarrowBertForMaskedLM, NarrowBertModel, Tensor } from "../../mod.ts";
import { requestGpu } from "../../src/gpu/device.ts";
import { prepareLaunch } from "../../src/kernels/launch.ts";
import { matmulVariants } from "../../src/kernels/tuning/matmul_variants.ts";
import { tuningOf } from "../../src/kernels/tuning/tuning.ts";
import { loadTuning } from "../../src/kernels/tuning/tuning_file.ts";
import { serve } from "./party.ts";
import { ADAMW, shortName, stepModel } from "./step_model.ts";
import { matrices, tokens } from "./works.ts";

await serve({
  async gemm(work) {
    const { m, k } = work;
    const { a, b } = matrices(work);
    const gpu = await requestGpu();
    await loadTuning(gpu);
    const params = {
      m,
      n: k,
      k,
      batch: 1,
      a_offset: 0,
      a_stride: k,
      a_batch: 0,
      b_offset: 0,
      b_stride: k,
      b_batch: 0,
      out_offset: 0,
      out_stride: k,
      out_batch: 0,
      bias_offset: 0,
      bias_batch: 0,
      bias: 0,
      activation: 0,
      residual: 0,
    };
    const { all, pick } = matmulVariants(tuningOf(gpu), {});
    const { kernel, constants } = all[pick(params)] as typeof all[number];
    const buffers = { a, b, bias: 16, bias_scale: 16, residual: 16, out: a.byteLength };
    const launch = await prepareLaunch(gpu, kernel, { constants, params, buffers });
    // The same product each time: a launch is bound to its buffers. It writes them in full before the next may start, and
    // copies both matrices to textures each time where it reads them from there.
    return async (times) => {
      launch.run(times);
      return await launch.read("out");
    };
  },
  async model(work) {
    const dims = [work.sequences, work.length];
    const model = await NarrowBertModel.from_pretrained(work.folder, { add_pooling_layer: false });
    const inputs = Object.fromEntries(
      Object.entries(tokens(work)).map(([name, data]) => [name, new Tensor("int32", data, dims)]),
    );
    return async (times) => {
      const outputs = await Promise.all(Array.from({ length: times }, () => model.forward(inputs)));
      return outputs.at(-1)?.last_hidden_state.data as Float32Array;
    };
  },
  async step(work) {
    const { batch } = await stepModel(work);
    const model = await NarrowBertForMaskedLM.from_pretrained(work.folder);
    const optimizer = new AdamW(model, { ...ADAMW, max_grad_norm: 0 });
    return {
      async gradients() {
        const { loss, gradients } = await model.gradients(batch);
        const named = [...gradients].map(([name, { data }]) => [shortName(name), data as Float32Array] as const);
        return { loss: loss.item() as number, gradients: new Map(named) };
      },
      async run(times) {
        let loss = NaN;
        for (let i = 0; i < times; i++) ({ loss } = await optimizer.step(batch, { dropout: 0 }));
        return Float32Array.of(loss);
      },
    };
  },
});
