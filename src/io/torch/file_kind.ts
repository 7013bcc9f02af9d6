/** What a file is that is no zip, by its first bytes: for errors that say what to do. */

import { quote } from "../../base/messages.ts";
import type { FileBytes } from "../folder/file_bytes.ts";
import { Refusal } from "./refusal.ts";

/** Bytes that are enough to tell. */
const START = 512;

/** The number that files of PyTorch before 1.6 begin with, as a pickle: 0x1950a86a20f9469cfc6c. */
const LEGACY = [0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e];

const CURE = conversion("torch.load(p, map_location='cpu', weights_only=True)");

/** What to do about a file whose tensors Python can give: a line that writes them in the format that is read here. */
export function conversion(tensors: string): string {
  const line = `import torch; p = 'pytorch_model.bin'; torch.save(${tensors}, p)`;
  return `convert it where PyTorch is installed: python -c "${line}"`;
}

/** Checks that a file begins as a zip file does. @throws {Refusal} Of reason `format`, saying what it is instead. */
export function checkIsZip(file: FileBytes): void {
  const start = file.read(0, Math.min(START, file.size));
  const text = String.fromCharCode(...start);
  if (["PK\x03\x04", "PK\x05\x06"].some((signature) => text.startsWith(signature))) return;
  throw new Refusal(
    "format",
    `it must be a checkpoint as PyTorch writes it since 1.6, a zip file; ${found(start, text)}`,
  );
}

function found(start: Uint8Array, text: string): string {
  if (start.length === 0) return "it is empty";
  if (text.startsWith("version https://git-lfs")) return "it is a Git LFS pointer, not the file: run `git lfs pull`";
  if (LEGACY.every((byte, i) => start[2 + i] === byte)) return `it is of a PyTorch before 1.6; ${CURE}`;
  if (text.slice(257, 262) === "ustar") return `it is a tar file, as the first versions of PyTorch wrote it; ${CURE}`;
  if (text.startsWith("\x1f\x8b")) return "it is compressed by gzip: unpack it first";
  if (text[8] === "{" && text.startsWith("\0\0", 6)) return "it is a safetensors file: name it model.safetensors";
  if (text.startsWith("\x89HDF")) return "it is an HDF5 file, of TensorFlow or Keras";
  if (/^\s*<(!doctype|html)/i.test(text)) return "it is a web page: the download went wrong";
  if (start[0] === 0x80 && (start[1] as number) <= 5) return "it is a pickle without a zip around it";
  return `it begins with ${quote(text.slice(0, 8))}`;
}
