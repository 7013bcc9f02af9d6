/**
 * Converts BERTs of Python's transformers into NarrowBERTs and back, and saves them by `save_pretrained`: what transformers
 * computes of them must stay the same to the last bit, and what this library computes must be that. It takes a Python with
 * torch and transformers 4 (version 5 prunes no heads), which PYTHON names: `PYTHON=venv/bin/python deno task transformers`.
 */

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import {
  NarrowBertForMaskedLM,
  NarrowBertForMultipleChoice,
  NarrowBertForSequenceClassification,
  NarrowBertForTokenClassification,
  NarrowBertModel,
} from "../../mod.ts";
import { convert } from "../../src/heads/conversion/convert.ts";

const PYTHON = Deno.env.get("PYTHON") ?? "python3";
const SCRIPT = fileURLToPath(new URL("bert.py", import.meta.url));

/** Largest difference of our numbers from transformers', in 32 bits both. */
const TOLERANCE = 2e-4;

async function python(...args: string[]): Promise<string> {
  const output = await new Deno.Command(PYTHON, { args: [SCRIPT, ...args], stdin: "null" }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  const cure = "PYTHON must name a Python with torch and transformers: pip install torch transformers";
  assert.ok(output.success, `${PYTHON} ${args.join(" ")} failed (${cure}):\n${text(output.stderr)}`);
  return text(output.stdout);
}

const folder = await Deno.makeTempDir();
Deno.test.afterAll(() => Deno.remove(folder, { recursive: true }));
await python("make", folder);

/** Classes of transformers, ours, and the class that the way back gives. */
const CLASSES: [name: string, Class: unknown, back: string][] = [
  ["BertModel", NarrowBertModel, "BertModel"],
  ["BertForMaskedLM", NarrowBertForMaskedLM, "BertForMaskedLM"],
  ["BertForPreTraining", NarrowBertForMaskedLM, "BertForMaskedLM"],
  ["BertForSequenceClassification", NarrowBertForSequenceClassification, "BertForSequenceClassification"],
  ["BertForTokenClassification", NarrowBertForTokenClassification, "BertForTokenClassification"],
  ["BertForMultipleChoice", NarrowBertForMultipleChoice, "BertForMultipleChoice"],
];

/** Numbers of nested lists. */
function flat(nested: unknown): number[] {
  return (nested as unknown[]).flat(Infinity) as number[];
}

for (const [name, Any, back] of CLASSES) {
  const Class = Any as typeof NarrowBertForMaskedLM;
  const source = `${folder}/${name}`;
  const { inputs, logits } = JSON.parse(await Deno.readTextFile(`${source}.json`));

  /** Compares what transformers computes of a folder with what it computed of the source. */
  const expectSame = async (path: string) => {
    const found = JSON.parse(await python("logits", path));
    const { missing_keys, unexpected_keys, mismatched_keys } = found;
    assert.deepEqual({ missing_keys, unexpected_keys, mismatched_keys, class: found.class }, {
      missing_keys: [],
      unexpected_keys: unexpected_keys.filter((key: string) => key.startsWith("bert.pooler.")),
      mismatched_keys: [],
      class: back,
    });
    assert.deepEqual(found.logits, logits);
  };

  Deno.test(`${name}: computed here it is as transformers computes it`, async () => {
    using model = await Class.from_pretrained(source, { verify: "probe" });
    const output = await model.forward(inputs) as unknown as Record<string, { tolist(): unknown }>;
    const found = flat((output.pooler_output ?? output.logits)!.tolist());
    const mask = flat(inputs.attention_mask);
    const expected = flat(logits);
    const columns = expected.length / mask.length;
    const perToken = name === "BertForMaskedLM" || name === "BertForPreTraining" ||
      name === "BertForTokenClassification";
    expected.forEach((value, i) => {
      if (perToken && mask[Math.floor(i / columns)] === 0) return; // padding is not computed
      assert.ok(Math.abs(value - found[i]!) <= TOLERANCE, `element ${i} must be ${value}, got ${found[i]}`);
    });
  });

  Deno.test(`${name}: converted to a NarrowBERT and back, transformers computes the same bits`, async () => {
    const narrow = `${folder}/narrow-${name}`;
    await convert(source, narrow);
    await convert(narrow, `${folder}/back-${name}`, { to: "bert" });
    await expectSame(`${folder}/back-${name}`);
  });

  Deno.test(`${name}: saved by save_pretrained, transformers computes the same bits`, async () => {
    using model = await Class.from_pretrained(source);
    await model.save_pretrained(`${folder}/saved-${name}`);
    await expectSame(`${folder}/saved-${name}`);
  });

  Deno.test(`${name}: made narrow, saved, and made full again, its weights are as they were`, async () => {
    const narrow = `${folder}/split-${name}`;
    await convert(source, narrow, { full_length_layers: 1 });
    await convert(narrow, `${folder}/joined-${name}`, { to: "bert", full_length_layers: 4 });
    await expectSame(`${folder}/joined-${name}`);
  });
}
