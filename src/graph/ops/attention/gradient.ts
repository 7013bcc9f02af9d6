/** The gradient of attention: by the values, by the scores, and from these by queries, keys and distances. */

import type { Graph } from "../../graph.ts";
import type { GradientSite } from "../../op.ts";
import { attentionDistanceGradient } from "../training/attention/distance_gradient.ts";
import { attentionDropout } from "../training/attention/dropout.ts";
import { attentionKeyGradient } from "../training/attention/key_gradient.ts";
import { attentionProbabilities } from "../training/attention/probabilities.ts";
import { attentionQueryGradient } from "../training/attention/query_gradient.ts";
import { attentionScoreGradient } from "../training/attention/score_gradient.ts";
import type { Tiles } from "../training/attention/tables.ts";
import { zeros } from "../training/zeros.ts";
import type { Value } from "../../value.ts";
import type { AttentionAttributes, AttentionInputs } from "./call.ts";
import type { AttentionOutputs } from "./kernels.ts";

type AttentionGradientSite = GradientSite<AttentionInputs, AttentionAttributes, AttentionOutputs>;

/** What the parts of the gradient share. */
interface Part {
  g: Graph;
  site: AttentionGradientSite;
  /** The start of labels. */
  path: string;
}

/**
 * Traces the gradients by q, k, v and the embeddings of distances, which are added in place: several of these may be
 * columns of one matrix.
 *
 * Without dropout the sums of the probabilities have no gradient: whatever the scores are, a sum is the head's scale, or 0
 * without keys. Dropout is drawn again, and not stored.
 * Head scales have none either: they are no weights, but say which heads a call masks.
 *
 * @throws {Error} If the call has no tiles of keys, or if something is computed from the probabilities themselves.
 */
export function attentionGradient(
  g: Graph,
  site: AttentionGradientSite,
  { out, sums: dSums, probabilities: dProbabilities }: Partial<AttentionOutputs>,
): Partial<AttentionInputs> {
  const { label, inputs, attributes, outputs, wanted } = site;
  if (dProbabilities !== undefined) {
    throw new Error(`Cannot differentiate ${label} (attention): the loss must not depend on its probabilities`);
  }
  const { relative, heads, headSize, tiles, scale, dropout } = attributes;
  if (out === undefined && (dropout === null || dSums === undefined)) return {};
  const part: Part = { g, site, path: `${label}.gradient` };
  const dOut = out ?? zeros(g, { label: `${part.path}.out`, shape: outputs.out.shape });
  const probabilities = outputs.probabilities ??
    attentionProbabilities(g, { label: `${part.path}.probabilities`, inputs, attributes });
  const { dropped } = dropout === null
    ? { dropped: probabilities }
    : attentionDropout(g, { label: `${part.path}.dropout`, p: probabilities, ...dropout });
  if (wanted("v")) addValues(part, { dropped, dOut });
  if (!(["q", "k", "distance", "qRelative"] as const).some((name) => inputs[name] && wanted(name))) return {};
  const { v, geometry, headScale } = inputs;
  const dScores = attentionScoreGradient(g, {
    label: `${part.path}.scores`,
    inputs: {
      probabilities,
      dropped,
      dOut,
      dSums: dropout === null ? undefined : dSums,
      v,
      geometry,
      headScale,
    },
    attributes: { heads, headSize, tiles, scale, v: attributes.v },
  });
  addProducts(part, dScores);
  if (relative !== null) addRelative(part, dScores, relative);
  return {};
}

/** `d_v[j, a, :] += sum_r p[r, a, j] * d_out[r, a, :]`, for probabilities p after dropout. */
function addValues({ g, site, path }: Part, { dropped, dOut }: { dropped: Value; dOut: Value }): void {
  const { inputs: { geometry }, attributes: { heads, headSize, v }, accumulate } = site;
  const tiles = keyTilesOf(site);
  accumulate("v", (to) =>
    attentionKeyGradient(g, {
      label: `${path}.v`,
      inputs: { to, weights: dropped, x: dOut, geometry },
      attributes: { heads, headSize, tiles, x: { distance: headSize }, to: v, positions: null },
    }));
}

/** `d_q[r, a, :] += sum_j d_scores[r, a, j] * k[j, a, :]`, and the same with q and k exchanged. */
function addProducts({ g, site, path }: Part, dScores: Value): void {
  const { inputs: { q, k, geometry }, attributes, wanted, accumulate } = site;
  const { heads, headSize, tiles } = attributes;
  if (wanted("q")) {
    accumulate("q", (to) =>
      attentionQueryGradient(g, {
        label: `${path}.q`,
        inputs: { to, dScores, x: k, geometry },
        attributes: { heads, headSize, tiles, x: attributes.k, to: attributes.q, positions: null },
      }));
  }
  if (wanted("k")) {
    const keyTiles = keyTilesOf(site);
    accumulate("k", (to) =>
      attentionKeyGradient(g, {
        label: `${path}.k`,
        inputs: { to, weights: dScores, x: q, geometry },
        attributes: { heads, headSize, tiles: keyTiles, x: attributes.q, to: attributes.k, positions: null },
      }));
  }
}

/** The same for the products of queries, and perhaps of keys, with the embeddings of distances. */
function addRelative(
  { g, site, path }: Part,
  dScores: Value,
  { center, withKeys }: NonNullable<AttentionAttributes["relative"]>,
): void {
  const { inputs, attributes, wanted, accumulate } = site;
  const { geometry, k, distance: table } = inputs;
  const { heads, tiles, queryPositionsAt, keyPositionsAt } = attributes;
  const positions = { queryPositionsAt, keyPositionsAt, center };
  const x = table as Value;
  const headSize = attributes.qRelative?.size ?? attributes.headSize;
  const queries = attributes.qRelative ?? attributes.q;
  const asked = inputs.qRelative === undefined ? "q" : "qRelative";
  const shared = { distance: 0 };
  if (wanted(asked)) {
    accumulate(asked, (to) =>
      attentionQueryGradient(g, {
        label: `${path}.q.relative`,
        inputs: { to, dScores, x, geometry },
        attributes: { heads, headSize, tiles, x: shared, to: queries, positions },
      }));
  }
  if (withKeys && wanted("k")) {
    const keyTiles = keyTilesOf(site);
    accumulate("k", (to) =>
      attentionKeyGradient(g, {
        label: `${path}.k.relative`,
        inputs: { to, weights: dScores, x, geometry },
        attributes: { heads, headSize, tiles: keyTiles, x: shared, to: attributes.k, positions },
      }));
  }
  if (!wanted("distance")) return;
  const met = [{ by: "queries", value: inputs[asked] as Value, place: queries }];
  if (withKeys) met.push({ by: "keys", value: k, place: attributes.k });
  for (const { by, value, place } of met) {
    accumulate("distance", (to) =>
      attentionDistanceGradient(g, {
        label: `${path}.distance.${by}`,
        inputs: { to, dScores, x: value, geometry },
        attributes: { heads, headSize, tiles, x: place, byKeys: by === "keys", positions },
      }));
  }
}

function keyTilesOf({ label, attributes: { keyTiles } }: AttentionGradientSite): Tiles {
  if (keyTiles !== null) return keyTiles;
  throw new Error(
    `Cannot differentiate ${label} (attention): its tables must have tiles of keys (keyTiles), got none; ` +
      "pack the batch with { gradients: true } and give them in `rows`",
  );
}
