import assert from "node:assert/strict";
import { fc } from "../deps.ts";
import { TILE_ROWS } from "../../src/kernels/attention/attention.ts";
import { KEY_TILE_WORDS, TILE_KEYS } from "../../src/kernels/training/attention/attention_key_gradient.ts";
import type { Batch } from "../../src/model/batch/inputs.ts";
import { pack as packRagged, type Packed as PackedTables } from "../../src/model/batch/packing.ts";
import { packEmbeds, placesInBatch, raggedOf } from "../../src/model/batch/padded.ts";
import type { Ragged, RowRule } from "../../src/model/batch/ragged.ts";
import { lastAxis, Unpacker } from "../../src/model/batch/unpacking.ts";

/** A batch whose word ids are their own places, so that every token can be told apart. */
function batchOf(sequences: number, length: number, { mask, narrow }: { mask?: number[]; narrow?: number[] }): Batch {
  const count = sequences * length;
  const flags = (given: number[] = []) => Float64Array.from({ length: count }, (_, i) => given[i] ?? 1);
  return {
    leading: [sequences],
    sequences,
    length,
    ids: Float64Array.from({ length: count }, (_, i) => 1000 + i),
    embeds: null,
    mask: flags(mask),
    types: Float64Array.from({ length: count }, (_, i) => i % 3),
    positions: Float64Array.from({ length: count }, (_, i) => 500 + i),
    narrow: narrow === undefined ? null : flags(narrow),
    headMask: null,
    labels: null,
  };
}

/** A packed batch, with the places in the batch that its tokens and rows come from. */
type Packed = ReturnType<typeof pack>;

function pack(batch: Batch, rule: RowRule) {
  const ragged: Ragged = raggedOf(batch, rule, 1);
  const packed: PackedTables = packRagged(ragged);
  const tokenPlaces = placesInBatch(ragged.places, ragged.lengths, batch.length);
  const rowPlaces = ragged.rows.map((token) => tokenPlaces[token]!);
  const { attentionTables: geometry } = packed;
  return { ...ragged, ...packed, ragged, packed, tokenPlaces, rowPlaces, rowIndex: ragged.rows, geometry };
}

const flag = fc.integer({ min: 0, max: 1 });
const batches = fc.record({
  sequences: fc.integer({ min: 0, max: 5 }),
  length: fc.integer({ min: 0, max: 30 }),
  mask: fc.array(flag, { maxLength: 150, size: "max" }),
  narrow: fc.array(flag, { maxLength: 150, size: "max" }),
  rule: fc.constantFrom<RowRule>("first", "narrow_mask", "ordinary"),
}).filter(({ rule, length }) => !(rule === "first" && length === 0))
  .map(({ sequences, length, mask, narrow, rule }) => ({ batch: batchOf(sequences, length, { mask, narrow }), rule }));

/** The places of the rows that a rule wants, by its definition. */
function wantedPlaces({ sequences, length, narrow }: Batch, rule: RowRule): number[] {
  const places = Array.from({ length: sequences * length }, (_, at) => at);
  if (rule === "ordinary") return [];
  return places.filter((at) => rule === "first" ? at % length === 0 : narrow![at] === 1);
}

/** The records of one kind of tiles in a packed geometry. */
function tilesOf({ geometry, sizes }: Packed, kind: "token" | "row"): number[][] {
  const start = sizes[`${kind}TilesAt`]!;
  return Array.from(
    { length: sizes[`${kind}Tiles`]! },
    (_, i) => [...geometry.subarray(start + 4 * i, start + 4 * i + 4)],
  );
}

/** For every place in the batch, what a packed list of per-token or per-row values put there. */
function expectedStates(count: number, places: ArrayLike<number>, columns: number, slot: (place: number) => number) {
  const expected = new Float32Array(count * columns);
  Array.from(places).forEach((place) => {
    for (let c = 0; c < columns; c++) expected[slot(place) * columns + c] = 1 + place * columns + c;
  });
  return expected;
}

Deno.test("exactly the tokens that somebody needs are packed, keys first, each in order", () => {
  fc.assert(fc.property(batches, ({ batch, rule }) => {
    const packed = pack(batch, rule);
    const wanted = wantedPlaces(batch, rule);
    const expected = Array.from({ length: batch.sequences }, (_, b) => {
      const places = Array.from({ length: batch.length }, (_, l) => b * batch.length + l);
      const keys = places.filter((at) => batch.mask[at] === 1);
      assert.equal(packed.keyCounts[b], keys.length);
      return [...keys, ...places.filter((at) => batch.mask[at] === 0 && wanted.includes(at))];
    });
    assert.deepEqual([...packed.tokenPlaces], expected.flat());
    let start = 0;
    expected.forEach((places, b) => {
      assert.equal(packed.keyStarts[b], start);
      start += places.length;
    });
    const { B, T, R, K } = packed.sizes;
    const longest = packed.keyCounts.reduce((most, count) => Math.max(most, count), 0);
    assert.deepEqual([B, T, R, K], [batch.sequences, start, wanted.length, Math.ceil(longest / 4) * 4]);
  }));
});

Deno.test("a packed token has its word, type and position", () => {
  fc.assert(fc.property(batches, ({ batch, rule }) => {
    const { tokens, tokenPlaces } = pack(batch, rule);
    const expected = [...tokenPlaces].flatMap((at) => [1000 + at, at % 3, 500 + at, 0]);
    assert.deepEqual([...tokens], expected);
  }));
});

Deno.test("narrow rows are in order, and each finds its token", () => {
  fc.assert(fc.property(batches, ({ batch, rule }) => {
    const packed = pack(batch, rule);
    const wanted = wantedPlaces(batch, rule);
    assert.deepEqual([...packed.rowPlaces], wanted);
    assert.deepEqual([...packed.rowIndex].map((token) => packed.tokenPlaces[token]), wanted);
    const counts = Array.from(
      { length: batch.sequences },
      (_, b) => wanted.filter((at) => Math.floor(at / batch.length) === b).length,
    );
    const starts = counts.reduce((starts, count) => [...starts, starts.at(-1)! + count], [0]);
    assert.deepEqual([...packed.rowStarts], starts);
    assert.equal(packed.rowKeys, counts.reduce((sum, count, b) => sum + count * packed.keyCounts[b]!, 0));
  }));
});

Deno.test("tiles cover every row once, at most TILE_ROWS of one sequence each, with that sequence's keys", () => {
  fc.assert(fc.property(batches, ({ batch, rule }) => {
    const packed = pack(batch, rule);
    for (const [kind, places] of [["token", packed.tokenPlaces], ["row", packed.rowPlaces]] as const) {
      let next = 0;
      for (const [row, rows, keyStart, keys] of tilesOf(packed, kind)) {
        assert.equal(row, next);
        assert.ok(rows! >= 1 && rows! <= TILE_ROWS, `a tile of ${rows} rows`);
        const sequences = new Set([...places.subarray(row, row! + rows!)].map((at) => Math.floor(at / batch.length)));
        assert.equal(sequences.size, 1);
        const [b] = sequences;
        assert.deepEqual([keyStart, keys], [packed.keyStarts[b!], packed.keyCounts[b!]]);
        next += rows!;
      }
      assert.equal(next, places.length);
    }
  }));
});

Deno.test("the geometry ends with the true positions of tokens and rows, whatever position_ids say", () => {
  fc.assert(fc.property(batches, ({ batch, rule }) => {
    const { geometry, sizes, tokenPlaces, rowPlaces } = pack(batch, rule);
    const { tokenPositionsAt, rowPositionsAt, G } = sizes;
    const positions = (places: Uint32Array) => [...places].map((at) => at % batch.length);
    assert.deepEqual([...geometry.subarray(tokenPositionsAt, rowPositionsAt)], positions(tokenPlaces));
    assert.deepEqual([...geometry.subarray(rowPositionsAt)], positions(rowPlaces));
    assert.equal(G, geometry.length);
  }));
});

Deno.test("tiles of keys cover every key of a sequence with rows once, with all of its rows, behind the other tables", () => {
  fc.assert(fc.property(batches, ({ batch, rule }) => {
    const packed = pack(batch, rule);
    const { attentionTables: table, sizes } = packRagged(packed.ragged, { gradients: true });
    const { tokenKeyTiles, tokenKeyTilesAt, rowKeyTiles, rowKeyTilesAt, G, ...others } = sizes;
    assert.deepEqual({ ...others, G: packed.sizes.G }, packed.sizes);
    assert.deepEqual(table.subarray(0, packed.sizes.G), packed.geometry);
    assert.equal(tokenKeyTilesAt, packed.sizes.G);
    assert.equal(rowKeyTilesAt, tokenKeyTilesAt! + KEY_TILE_WORDS * tokenKeyTiles!);
    assert.equal(G, rowKeyTilesAt! + KEY_TILE_WORDS * rowKeyTiles!);
    assert.equal(G, table.length);
    for (
      const [at, tiles, starts, counts] of [
        [tokenKeyTilesAt, tokenKeyTiles, packed.keyStarts, packed.lengths],
        [rowKeyTilesAt, rowKeyTiles, packed.rowStarts, packed.rowCounts],
      ] as const
    ) {
      const expected = [...packed.keyCounts].flatMap((keys, b) =>
        Array.from({ length: counts[b] === 0 ? 0 : Math.ceil(keys / TILE_KEYS) }, (_, i) => {
          const column = i * TILE_KEYS;
          return [packed.keyStarts[b]! + column, Math.min(TILE_KEYS, keys - column), column, starts[b], counts[b]];
        })
      );
      const found = Array.from({ length: tiles! }, (_, i) => {
        return [...table.subarray(at! + i * KEY_TILE_WORDS, at! + (i + 1) * KEY_TILE_WORDS)];
      });
      assert.deepEqual(found, expected);
    }
  }));
});

Deno.test("unpacking puts every computed row back in its place, and zeros elsewhere", () => {
  fc.assert(fc.property(batches, fc.integer({ min: 1, max: 3 }), ({ batch, rule }, columns) => {
    const packed = pack(batch, rule);
    const unpacker = new Unpacker(batch, packed);
    const { sequences, length } = batch;
    const counts = [...packed.rowStarts.subarray(1)].map((end, b) => end - packed.rowStarts[b]!);
    const extent = Math.max(0, ...counts);
    const rank = (place: number) => {
      const b = Math.floor(place / length);
      return b * extent + packed.rowPlaces.indexOf(place) - packed.rowStarts[b]!;
    };
    const cases = [
      { axis: "tokens", places: packed.tokenPlaces, rows: length, slot: (place: number) => place },
      { axis: "rows", places: packed.rowPlaces, rows: extent, slot: rank },
    ] as const;
    for (const { axis, places, rows, slot } of cases) {
      const data = Float32Array.from(
        [...places].flatMap((at) => Array.from({ length: columns }, (_, c) => 1 + at * columns + c)),
      );
      const { dims, data: found } = unpacker.states({ data, dims: [places.length, columns] }, axis);
      assert.deepEqual(dims, [sequences, rows, columns]);
      assert.deepEqual(found, expectedStates(sequences * rows, places, columns, slot));
    }
    const positions = unpacker.narrowPositions();
    assert.deepEqual(positions.dims, [sequences, extent]);
    const expected = new Int32Array(sequences * extent).fill(-1);
    packed.rowPlaces.forEach((place) => expected[rank(place)] = place % length);
    assert.deepEqual(positions.data, expected);
  }));
});

Deno.test("unpacked attentions have each key in its token's column, and zeros for all that is no key", () => {
  fc.assert(fc.property(batches, fc.integer({ min: 1, max: 2 }), ({ batch, rule }, heads) => {
    const packed = pack(batch, rule);
    const { sequences, length } = batch;
    const { tokenPlaces, keyStarts, keyCounts, sizes: { K } } = packed;
    const value = (query: number, head: number, key: number) => 1 + (query * heads + head) * 1000 + key;
    const data = new Float32Array(tokenPlaces.length * heads * K).fill(-1);
    tokenPlaces.forEach((query, i) => {
      const b = Math.floor(query / length);
      for (let a = 0; a < heads; a++) {
        for (let j = 0; j < keyCounts[b]!; j++) {
          data[(i * heads + a) * K + j] = value(query, a, tokenPlaces[keyStarts[b]! + j]!);
        }
      }
    });
    const found = new Unpacker(batch, packed).attentions({ data, dims: [tokenPlaces.length, heads, K] }, "tokens");
    assert.deepEqual(found.dims, [sequences, heads, length, length]);
    const expected = new Float32Array(sequences * heads * length * length);
    for (let b = 0; b < sequences; b++) {
      for (const query of [...tokenPlaces].filter((at) => Math.floor(at / length) === b)) {
        for (let a = 0; a < heads; a++) {
          for (let l = 0; l < length; l++) {
            if (batch.mask[b * length + l] !== 1) continue;
            expected[((b * heads + a) * length + query % length) * length + l] = value(query, a, b * length + l);
          }
        }
      }
    }
    assert.deepEqual(found.data, expected);
  }));
});

Deno.test("a mask with holes, masked narrow rows and a sequence without keys are packed as expected", () => {
  const mask = [1, 0, 1, 0, 0, 0, 0, 0, 1, 1, 1, 0];
  const narrow = [0, 1, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0];
  const packed = pack(batchOf(3, 4, { mask, narrow }), "narrow_mask");
  assert.deepEqual([...packed.tokenPlaces], [0, 2, 1, 6, 8, 9, 10]);
  assert.deepEqual([...packed.rowPlaces], [1, 2, 6]);
  assert.deepEqual([...packed.rowIndex], [2, 1, 3]);
  assert.deepEqual([...packed.keyCounts], [2, 0, 3]);
  assert.deepEqual(tilesOf(packed, "token"), [[0, 3, 0, 2], [3, 1, 3, 0], [4, 3, 4, 3]]);
  assert.deepEqual(tilesOf(packed, "row"), [[0, 2, 0, 2], [2, 1, 3, 0]]);
  assert.equal(packed.rowKeys, 4);
});

Deno.test("under a pooler position 0 is a row, masked or not, and narrow masks do not count", () => {
  const packed = pack(batchOf(2, 3, { mask: [0, 1, 1, 1, 0, 0], narrow: [0, 1, 1, 0, 0, 0] }), "first");
  assert.deepEqual([...packed.tokenPlaces], [1, 2, 0, 3]);
  assert.deepEqual([...packed.rowPlaces], [0, 3]);
  assert.deepEqual([...packed.rowIndex], [2, 3]);
});

Deno.test("embeddings are packed like their tokens, rows padded to a multiple of 4", () => {
  const embeds = Float64Array.from({ length: 2 * 3 * 5 }, (_, i) => i);
  const packed = packEmbeds(embeds, Uint32Array.of(4, 0), 5);
  assert.deepEqual([...packed], [20, 21, 22, 23, 24, 0, 0, 0, 0, 1, 2, 3, 4, 0, 0, 0]);
});

Deno.test("the last state lies along the tokens in the ordinary mode, along the rows else", () => {
  assert.deepEqual((["ordinary", "narrow_mask", "first"] as const).map(lastAxis), ["tokens", "rows", "rows"]);
});
