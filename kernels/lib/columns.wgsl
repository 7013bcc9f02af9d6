// Some columns of a matrix: [rows, columns] from column `at` on, rows `stride` elements apart. All are multiples of 4.
//
// GAPS: 1 if there are other columns between the rows; 0 if what is meant lies in one piece. A kernel that includes this
// declares params (rows, columns, at, stride).

override GAPS: u32;

// The number of vec4s.
fn vec4s() -> u32 {
  return params.rows * (params.columns / 4);
}

// Where vec4 number i lies.
fn place_of(i: u32) -> u32 {
  if (GAPS == 0) { return params.at / 4 + i; }
  let width = params.columns / 4;
  return i / width * (params.stride / 4) + params.at / 4 + i % width;
}
