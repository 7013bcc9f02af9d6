/** Names the topics of any number of definitions, a line each: `deno run --allow-read examples/stream.ts < FILE` */

import { pipeline } from "../mod.ts";

using classify = await pipeline("text-classification");

/** The lines of a stream, as they come. */
async function* lines(text: ReadableStream<string>) {
  let rest = "";
  for await (const part of text) {
    const complete = (rest + part).split("\n");
    rest = complete.pop()!;
    yield* complete;
  }
  if (rest !== "") yield rest;
}

const definitions = lines(Deno.stdin.readable.pipeThrough(new TextDecoderStream()));
for await (const { label } of classify.stream(definitions)) console.log(label);
