// Labels of rows, and their weights; put after kernels that bind `params`, `labels` and `weights`.

const NO_LABEL = 0xffffffffu;

// The weight of a row; 1 if there are no weights.
fn weight_of(row: u32) -> f32 {
  if (params.weighted == 0) { return 1; }
  return weights[min(row, params.rows - 1)];
}

// The label of a row; NO_LABEL past the end, and if the weight is 0.
fn label_of(row: u32, weight: f32) -> u32 {
  return select(NO_LABEL, labels[min(row, params.rows - 1)], row < params.rows && weight != 0);
}
