/** Whether two configs are of the same model, as far as a training is concerned. */

import { shown } from "../../base/messages.ts";
import type { NarrowBertConfig } from "../../model/config/config.ts";
import { FIELDS } from "../../model/config/fields.ts";

/** Keys that say how a model was saved or made, not what it computes. */
const LEFT_OUT = ["architectures", "model_type", "torch_dtype", "initializer_range"];

/** The keys that are compared, with their values as JSON. */
function identityOf(config: NarrowBertConfig): Map<string, string> {
  const json = config.to_json();
  const keys = [...Object.keys(FIELDS), "id2label", "pruned_heads"].filter((key) => !LEFT_OUT.includes(key));
  return new Map(keys.map((key) => [key, JSON.stringify(json[key]) ?? "null"]));
}

/** The SHA-256 of all that is compared, in hexadecimal digits. */
export async function configHash(config: NarrowBertConfig): Promise<string> {
  const text = new TextEncoder().encode(JSON.stringify([...identityOf(config)]));
  return new Uint8Array(await crypto.subtle.digest("SHA-256", text)).toHex();
}

/** How a config differs from that of a checkpoint, a sentence each. */
export function configDifferences(checkpoint: NarrowBertConfig, model: NarrowBertConfig): string[] {
  const [expected, found] = [identityOf(checkpoint), identityOf(model)];
  const text = (json: string) => shown(JSON.parse(json));
  return [...expected].flatMap(([key, value]) => {
    const got = found.get(key) as string;
    return got === value ? [] : [`${key} of its config must be ${text(value)}, got ${text(got)}`];
  });
}
