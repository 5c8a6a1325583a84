// y = x times the loss scale, a scalar: on the way forward the loss, on the way back its gradient. See optim/loss-scale.ts.

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> lossScale: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(1)
fn main() {
  y[0] = x[0] * lossScale[0];
}
