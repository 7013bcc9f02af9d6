/** Says where the time of 64 texts goes: `deno run --allow-read examples/jobs/profile.ts` */

import { pipeline, startProfile } from "../../mod.ts";

using classify = await pipeline("text-classification");
const texts = (await Deno.readTextFile(new URL("../../bench/texts.txt", import.meta.url))).trim().split("\n");
await classify(texts); // compiles

using profiling = startProfile();
await classify(texts);
const profile = await profiling.stop();
console.log(profile.table());
