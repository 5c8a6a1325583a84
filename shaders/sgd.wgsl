// Stochastic gradient descent over the flat parameter arena with PyTorch's semantics (torch.optim.SGD, dampening 0):
// g += WEIGHT_DECAY * p; v = MOMENTUM * v + g; p -= lr * (NESTEROV ? g + MOMENTUM * v : v).

override VECTORS: u32;
override MOMENTUM: f32;
override WEIGHT_DECAY: f32;
override NESTEROV: bool;
override SCALED: bool = false; // the gradient is that of a scaled loss

@group(0) @binding(0) var<storage, read> gradient: array<vec4f>;
@group(0) @binding(1) var<storage, read> learningRate: array<f32>;
@group(0) @binding(2) var<storage, read> lossScale: array<f32>; // see update_loss_scale
@group(0) @binding(3) var<storage, read_write> parameter: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> velocity: array<vec4f>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * 64u;
  if (i >= VECTORS) {
    return;
  }
  var unscaled = gradient[i];
  if (SCALED) {
    if (lossScale[3] == 0.0) {
      return;
    }
    unscaled *= lossScale[3];
  }
  let p = parameter[i];
  let g = fma(vec4f(WEIGHT_DECAY), p, unscaled);
  let v = fma(vec4f(MOMENTUM), velocity[i], g);
  velocity[i] = v;
  var direction = v;
  if (NESTEROV) {
    direction = fma(vec4f(MOMENTUM), v, g);
  }
  parameter[i] = p - learningRate[0] * direction;
}
