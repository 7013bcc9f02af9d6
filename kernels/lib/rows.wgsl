// Rows shared out to lanes, for kernels that reduce rows: a workgroup holds ROWS rows with LANES lanes each (a power of
// two); lane l takes the vec4s l, l + LANES, ... of its row. Sums and maxima over a row's lanes are trees of a fixed
// shape, so a row gives the same bits wherever it stands. Rows past the end have width 0 but meet every barrier.
//
// This text goes after the kernel's own: naga 29 panics on an override that follows an array sized by one.

override LANES: u32;
override ROWS: u32;

// The lowest f32; WGSL has no infinity.
const LOWEST = -0x1.fffffep+127f;

var<workgroup> partial: array<f32, LANES * ROWS>;

// The row of a workgroup's team of lanes; workgroups are numbered through a folded grid.
fn row_of(workgroup: vec3<u32>, workgroups: vec3<u32>, team: u32) -> u32 {
  return (workgroup.y * workgroups.x + workgroup.x) * ROWS + team;
}

// Which of a row's columns 4 i to 4 i + 3 exist; the others are padding.
fn exist(i: u32, columns: u32) -> vec4<bool> {
  return 4 * i + vec4<u32>(0, 1, 2, 3) < vec4<u32>(columns);
}

// The sum of `value` over the lanes of this row; `index` is the lane's index in the workgroup.
fn sum_over_lanes(value: vec4<f32>, lane: u32, index: u32) -> f32 {
  workgroupBarrier(); // the previous result has been read
  partial[index] = (value.x + value.y) + (value.z + value.w);
  for (var half = LANES / 2; half > 0; half /= 2) {
    workgroupBarrier();
    if (lane < half) { partial[index] += partial[index + half]; }
  }
  workgroupBarrier();
  return partial[index - lane];
}

// The largest of `value` over the lanes of this row.
fn max_over_lanes(value: vec4<f32>, lane: u32, index: u32) -> f32 {
  workgroupBarrier();
  partial[index] = max(max(value.x, value.y), max(value.z, value.w));
  for (var half = LANES / 2; half > 0; half /= 2) {
    workgroupBarrier();
    if (lane < half) { partial[index] = max(partial[index], partial[index + half]); }
  }
  workgroupBarrier();
  return partial[index - lane];
}
