/** Writes embeddings as files of vectors, row by row: the number of rows is written at last. */

import type { Tensor, TensorType } from "../../base/tensor.ts";
import type { Dtype } from "../../base/dtype.ts";
import { concatenate } from "../../io/folder/file_bytes.ts";
import { npyHeader } from "../../io/npy/header.ts";
import { safetensorsHeader } from "../../io/safetensors/safetensors.ts";
import type { AnsweringParts } from "../outputs/files/destination.ts";
import type { Written } from "../outputs/files/whole_output.ts";
import { type AnswerOutput, isRefused } from "../outputs/outcome.ts";
import { TENSOR_NAME } from "./read_vectors.ts";

/** What `embed` gives for a text. */
export type Embedded = Tensor | {
  readonly embedding: Tensor;
  readonly windows: readonly { readonly embedding: Tensor }[];
};

/** The embedding of a text, without those of its windows. */
export function embeddingOf(answer: Embedded): Tensor {
  return "windows" in answer ? answer.embedding : answer;
}

/** What the rows of a file have in common. */
interface Rows {
  readonly type: TensorType;
  readonly columns: number;
}

/** A header of one length, whatever the number of rows. */
type Header = (rows: Rows, count: number) => Uint8Array | Promise<Uint8Array>;

/** Vectors as numpy reads them: `[N, H]`. */
export function npyFile(file: Written): AnswerOutput<Embedded> {
  return vectorFile(file, ({ type, columns }, count) => npyHeader(type, [count, columns]));
}

/** The element types of embeddings in a safetensors file. */
const DTYPES: Partial<Record<TensorType, Dtype>> = { float32: "F32", int8: "I8", uint8: "U8" };

/** Vectors as a safetensors file: a tensor `[N, H]`, and what tells which model made it. */
export function safetensorsFile(file: Written, model: AnsweringParts<Embedded>): AnswerOutput<Embedded> {
  let metadata: Promise<Record<string, string>> | undefined;
  return vectorFile(file, async ({ type, columns }, count) => {
    const tensor = { dtype: DTYPES[type]!, rows: count, columns };
    return safetensorsHeader(TENSOR_NAME, tensor, await (metadata ??= model.metadata?.() ?? Promise.resolve({})));
  });
}

function vectorFile(file: Written, header: Header): AnswerOutput<Embedded> {
  let rows: Rows | null = null;
  let count = 0;
  let end = 0; // of the header
  return {
    async put(outcomes) {
      const parts: Uint8Array[] = [];
      for (const outcome of outcomes) {
        if (isRefused(outcome)) throw new Error("A file of vectors leaves no text out"); // `embed` asks for none of them
        const { type, data, dims } = embeddingOf(outcome.answer);
        if (rows === null) {
          rows = { type, columns: dims[1] as number };
          const first = await header(rows, 0);
          end = first.length;
          parts.push(first);
        }
        parts.push(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
        count++;
      }
      await file.write(concatenate(parts));
    },
    async end() {
      const last = await header(rows ?? { type: "float32", columns: 0 }, count);
      if (rows === null) await file.write(last);
      else if (last.length === end) await file.rewrite(last);
      else throw new Error(`The header of ${count} vectors has ${last.length} bytes, and that of none ${end}`);
    },
  };
}
