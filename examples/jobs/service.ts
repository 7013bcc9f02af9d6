/** A small HTTP service, asked by 16 clients at once: `deno run --allow-read --allow-net=127.0.0.1 examples/jobs/service.ts` */

import { NarrowBertError, pipeline } from "../../mod.ts";

using classify = await pipeline("text-classification");
using shared = classify.batched(); // requests that come while the GPU computes are answered together

const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
  try {
    return Response.json(await shared(await request.text(), { top_k: 1 }));
  } catch (error) {
    const status = error instanceof NarrowBertError && error.code === "input" ? 422 : 503;
    return Response.json({ error: (error as Error).message }, { status });
  }
});

const url = `http://127.0.0.1:${server.addr.port}/`;
const ask = async (body: string) => await (await fetch(url, { method: "POST", body })).json();
const texts = Array.from({ length: 16 }, (_, i) => i % 2 ? `animal number ${i}` : `to walk ${i} miles`);
const answers = await Promise.all(texts.map(ask));
answers.forEach(([{ label, score }], i) => console.log(`${texts[i]}: ${label} (${score.toFixed(2)})`));
await server.shutdown();
