/** The verdict on each of the 202 files in `tests/fixtures/malformed`, beside that of the reference implementation. */

import assert from "node:assert/strict";
import { CheckpointError } from "../../src/base/errors.ts";
import { parseSafetensors, type SafetensorsFile } from "../../src/io/safetensors/safetensors.ts";

interface TensorFacts {
  dtype: string;
  shape: number[];
  bytes: number;
  sha256: string;
}

interface Case {
  file: string;
  verdict: "accept" | "reject";
  ours: "accept" | "reject" | "either";
  error?: string | null;
  tensors?: Record<string, TensorFacts> | { count: number };
}

const folder = new URL("../fixtures/malformed/", import.meta.url);
const { cases } = JSON.parse(Deno.readTextFileSync(new URL("manifest.json", folder))) as { cases: Case[] };

/** What we do where the manifest leaves it open. */
const CHOICES: Record<string, "accept" | "reject"> = {
  "C_json__ok_nul_escape_in_name": "accept", // names are only names
  "C_json__deep_nest_64": "reject", // fields that we do not know
  "C_json__deep_nest_124": "reject",
  "C_json__deep_nest_126": "reject",
  "D_header__extra_field": "reject",
  "D_header__lead_space": "accept", // JSON white space
  "D_header__lead_tab_nl": "accept",
  "D_header__pad_tab_nl_cr": "accept",
  "F_dtype__ok_C64": "accept", // the parser knows every dtype; a model takes only floats
  "F_dtype__ok_F4_even": "accept",
  "F_dtype__ok_F6": "accept",
  "F_dtype__ok_F8_E4M3": "accept",
  "F_dtype__ok_F8_E8M0": "accept",
  "G_shape__ok_ones_2000": "reject", // at most 64 dimensions
  "G_shape__zero_then_huge": "reject", // a dimension beyond 2^53 - 1
  "I_values__ok_bool_2": "accept", // values are not checked
};

/** The reference's words for a fault, and ours. Numbers beyond 2^53 - 1 we refuse where we meet them. */
const WORDS: [reference: string, ours: RegExp][] = [
  ["header too small", /a safetensors file has at least 8 bytes, got \d/],
  ["header too large", /the header must have at most 100000000 bytes, got \d/],
  ["invalid header length", /the header must have \d+ bytes, got \d+: the file was cut short/],
  ["invalid UTF-8 in header", /^Cannot read the header of ".*": it must be UTF-8/],
  [
    "invalid JSON in header",
    /^Cannot read (the header|tensor ".*"|"__metadata__") of ".*": (?!data_offsets must begin)/,
  ],
  ["invalid offset for tensor", /data_offsets must|the name appears twice|whole number from 0 to 2\^53 - 1/],
  ["overflow computing buffer size", /less than 2\^64 elements and bits|whole number from 0 to 2\^53 - 1/],
  ["The slice is slicing for subbytes", /must fill whole bytes, got \d+ bits/],
  ["invalid shape, data type, or offset", /must have \d+ bytes, got \d+$|whole number from 0 to 2\^53 - 1/],
  ["incomplete metadata", /the tensors take \d+ bytes after the header, got|whole number from 0 to 2\^53 - 1/],
];

Deno.test("the manifest has 202 cases, and the choices are those that it leaves open", () => {
  assert.equal(cases.length, 202);
  const open = cases.filter(({ ours }) => ours === "either").map(({ file }) => stem(file));
  assert.deepEqual(open.sort(), Object.keys(CHOICES).sort());
});

for (const expected of cases) {
  const verdict = expected.ours === "either" ? CHOICES[stem(expected.file)] : expected.ours;
  Deno.test(`malformed/${expected.file}: ${verdict}`, async () => {
    const bytes = Deno.readFileSync(new URL(expected.file, folder));
    if (verdict === "accept") await assertHolds(parseSafetensors(bytes, expected.file), expected);
    else assertRefused(bytes, expected);
  });
}

function stem(file: string): string {
  return file.replace(".safetensors", "");
}

async function assertHolds(file: SafetensorsFile, { tensors }: Case): Promise<void> {
  assert.ok(tensors !== undefined);
  if (typeof tensors.count === "number") return assert.equal(file.size, tensors.count);
  const found: [string, TensorFacts][] = [];
  for (const [name, { dtype, shape, bytes }] of file) {
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new Uint8Array(bytes)));
    found.push([name, { dtype, shape: [...shape], bytes: bytes.byteLength, sha256: digest.toHex() }]);
  }
  assert.deepEqual(found.sort(), Object.entries(tensors).sort());
}

function assertRefused(bytes: Uint8Array, { file, error }: Case): void {
  assert.throws(() => parseSafetensors(bytes, file), (thrown) => {
    assert.ok(thrown instanceof CheckpointError);
    assert.ok(thrown.message.includes(`"${file}"`), thrown.message);
    if (error) {
      const [, words] = WORDS.find(([reference]) => error.includes(reference)) ?? assert.fail(`no words for: ${error}`);
      assert.match(thrown.message, words);
    }
    return true;
  });
}
