/**
 * ONNX Runtime Web on WebGPU: full graph optimisation, inputs and results kept on the GPU. A model's commands are captured
 * once and replayed, which takes a result buffer of the caller's.
 */

import * as ort from "onnxruntime-web/webgpu";
import { serve } from "./party.ts";
import { matrices, tokens } from "./works.ts";

const wasm = (extension: string) => import.meta.resolve(`onnxruntime-web/ort-wasm-simd-threaded.asyncify.${extension}`);
ort.env.wasm.wasmPaths = { mjs: wasm("mjs"), wasm: wasm("wasm") };
ort.env.wasm.numThreads = 1;

await serve({
  async gemm(work) {
    const { m, k } = work;
    const session = await open(work.onnx, false);
    const device = await ort.env.webgpu.device as GPUDevice;
    const { a, b } = matrices(work);
    const x0 = tensor("float32", upload(device, a), [m, k]);
    const y = tensor("float32", upload(device, b), [k, k]);
    return async (times) => {
      let x = x0;
      for (let i = 0; i < times; i++) {
        const { y: product } = await session.run({ x, b: y });
        if (x !== x0) x.dispose();
        x = product as ort.Tensor;
      }
      return await x.getData(true) as Float32Array;
    };
  },
  async model(work) {
    const dims = [work.sequences, work.length];
    const session = await open(work.onnx, true);
    const device = await ort.env.webgpu.device as GPUDevice;
    const feeds: Record<string, ort.Tensor> = {};
    for (const [name, data] of Object.entries(tokens(work))) feeds[name] = tensor("int32", upload(device, data), dims);
    const result = upload(device, new Float32Array(work.sequences * work.length * work.width));
    const fetches = { last_hidden_state: tensor("float32", result, [...dims, work.width]) };
    return async (times) => {
      const reads: Promise<Float32Array>[] = [];
      for (let i = 0; i < times; i++) {
        await session.run(feeds, fetches);
        reads.push(download(device, result));
      }
      return (await Promise.all(reads)).at(-1) as Float32Array;
    };
  },
});

async function open(onnx: string, enableGraphCapture: boolean): Promise<ort.InferenceSession> {
  return await ort.InferenceSession.create(await Deno.readFile(onnx), {
    executionProviders: ["webgpu"],
    graphOptimizationLevel: "all",
    preferredOutputLocation: "gpu-buffer",
    enableGraphCapture,
  });
}

function tensor(dataType: "float32" | "int32", buffer: GPUBuffer, dims: number[]): ort.Tensor {
  return ort.Tensor.fromGpuBuffer(buffer, { dataType, dims });
}

function upload(device: GPUDevice, data: Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer>): GPUBuffer {
  const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
  const buffer = device.createBuffer({ size: data.byteLength, usage });
  device.queue.writeBuffer(buffer, 0, data);
  return buffer;
}

/** What the buffer holds once everything submitted so far is through. */
async function download(device: GPUDevice, buffer: GPUBuffer): Promise<Float32Array> {
  const staging = device.createBuffer({ size: buffer.size, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST });
  const encoder = device.createCommandEncoder();
  encoder.copyBufferToBuffer(buffer, 0, staging, 0, buffer.size);
  device.queue.submit([encoder.finish()]);
  await staging.mapAsync(GPUMapMode.READ);
  const numbers = new Float32Array(staging.getMappedRange().slice(0));
  staging.destroy();
  return numbers;
}
