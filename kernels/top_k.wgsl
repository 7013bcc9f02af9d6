// The k largest of each row, in order; of equal ones the lower column comes first:
//   indices[r, n] = column of the n-th largest of x[r],  values[r, n] = x[r, indices[r, n]]
//
// x: [rows, columns]; indices, values: [rows, k], tight; k <= columns. One row to a workgroup of LANES lanes.
//
// Each lane finds the best of its own columns. Then k rounds: the best of the lanes' bests is written down, and its
// lane alone looks for its next one. Floats are compared by keys, integers in the same order. A NaN counts as the
// largest, so that it shows, and -0 equals 0.

struct Params {
  rows: u32,
  columns: u32,
  k: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4<u32>>;
@group(0) @binding(2) var<storage, read_write> indices: array<u32>;
@group(0) @binding(3) var<storage, read_write> values: array<u32>;

// A column and its key; key 0 is lower than every number's: no column.
struct Candidate {
  key: u32,
  column: u32,
}

var<workgroup> best: array<Candidate, LANES>;

const BEFORE_ALL = Candidate(0xffffffffu, 0);

fn key4(bits: vec4<u32>) -> vec4<u32> {
  let magnitude = bits & vec4<u32>(0x7fffffff);
  let negative = (bits >> vec4<u32>(31)) == vec4<u32>(1);
  let key = select(magnitude + 0x80000000, 0x80000000 - magnitude, negative);
  return select(key, vec4<u32>(0xfffffffe), magnitude > vec4<u32>(0x7f800000));
}

// Whether `a` comes before `b` in the order of the results.
fn precedes(a: Candidate, b: Candidate) -> bool {
  return a.key > b.key || (a.key == b.key && a.column < b.column);
}

// The first of this lane's columns that comes after `last`.
fn next_candidate(row: u32, lane: u32, last: Candidate) -> Candidate {
  let width = (params.columns + 3) / 4;
  var found = Candidate(0, 0);
  for (var i = lane; i < width; i += LANES) {
    let keys = key4(x[row * width + i]);
    for (var n = 0u; n < 4; n++) {
      let candidate = Candidate(keys[n], 4 * i + n);
      if (candidate.column < params.columns && candidate.key > found.key && precedes(last, candidate)) {
        found = candidate;
      }
    }
  }
  return found;
}

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let row = row_of(workgroup, workgroups, 0);
  if (row >= params.rows) { return; }
  var own = next_candidate(row, lane, BEFORE_ALL);
  for (var n = 0u; n < params.k; n++) {
    best[lane] = own;
    for (var half = LANES / 2; half > 0; half /= 2) {
      workgroupBarrier();
      if (lane < half && precedes(best[lane + half], best[lane])) { best[lane] = best[lane + half]; }
    }
    workgroupBarrier();
    let winner = best[0];
    workgroupBarrier();
    if (winner.column / 4 % LANES == lane) {
      let at = row * params.k + n;
      indices[at] = winner.column;
      values[at] = x[row * ((params.columns + 3) / 4) + winner.column / 4][winner.column % 4];
      own = next_candidate(row, lane, winner);
    }
  }
}
