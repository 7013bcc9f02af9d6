/** Whether a `tokenizer.json` holds the pipeline that its class makes. */

import type { Frame } from "../encoding/frame.ts";
import { classOf, specialToken } from "./classes.ts";
import { contentOf, type TokenizerConfig } from "./config.ts";
import { type Difference, differing } from "./pipelines.ts";

/** What a `tokenizer.json` holds. */
export interface Contents {
  /** The file as it is, with the type of its model. */
  file: Readonly<Record<string, unknown>>;
  /** The special tokens that its post-processor puts round texts. */
  frame: Frame;
  /** The id of a token, added ones included. */
  idOf: (token: string) => number | undefined;
}

/** Where a file is not what the class of the config makes; `undefined` if nowhere, or if the class takes any file. */
export function pipelineFault({ file, frame, idOf }: Contents, config: TokenizerConfig): Difference | undefined {
  const { pipeline, hasTypes } = classOf(config);
  if (pipeline === undefined) return prefixFault(file, config);
  const text = (name: "unk_token" | "cls_token" | "sep_token") => contentOf(specialToken(config, name) ?? "");
  const wanted = pipeline.parts(file, config, text("unk_token"));
  for (const [name, part] of Object.entries(wanted)) {
    const found = differing(file[name], part, name);
    if (found !== undefined) return found;
  }
  const [cls = -1, sep = -1] = [idOf(text("cls_token")), idOf(text("sep_token"))];
  const made = pipeline.frame(cls, sep);
  if (frameText(frame, hasTypes) === frameText(made, hasTypes)) return undefined;
  return { path: "post_processor", wanted: made, value: file.post_processor ?? null };
}

/** Version 4 changes what `add_prefix_space` contradicts, and version 5 does not. */
function prefixFault(
  { pre_tokenizer }: Contents["file"],
  { add_prefix_space: wanted }: TokenizerConfig,
): Difference | undefined {
  if (wanted === undefined) return undefined;
  const value = (pre_tokenizer as { add_prefix_space?: unknown } | null | undefined)?.add_prefix_space;
  return value === undefined || value === wanted
    ? undefined
    : { path: "pre_tokenizer.add_prefix_space", wanted, value };
}

function frameText({ single, pair }: Frame, withTypes: boolean): string {
  const plain = (parts: Frame["pair"]) =>
    parts.flatMap((part) =>
      ("ids" in part ? part.ids.map(String) : [`text ${part.text}`])
        .map((what) => withTypes ? `${what} of type ${part.type}` : what)
    );
  return JSON.stringify([plain(single), plain(pair)]);
}
