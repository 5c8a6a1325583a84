// What norm_gradient_apply wants of a group-norm: for each channel of an image the means, over its group, of gamma * dy and of
// gamma * dy * xhat, from their sums over the image. Invocation (image, group).

override IMAGES: u32;
override ROWS: u32; // of an image
override C: u32;
override PER_GROUP: u32; // channels

@group(0) @binding(0) var<storage, read> sums: array<f32>; // of dy [IMAGES, C]
@group(0) @binding(1) var<storage, read> sumsOfXhat: array<f32>; // of dy * xhat
@group(0) @binding(2) var<storage, read> gamma: array<f32>;
@group(0) @binding(3) var<storage, read_write> shares: array<f32>; // all of the first, then all of the second

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * 64u;
  let perImage = C / PER_GROUP;
  if (i >= IMAGES * perImage) {
    return;
  }
  let image = i / perImage;
  let first = (i % perImage) * PER_GROUP;
  var share = 0.0;
  var shareOfXhat = 0.0;
  for (var c = first; c < first + PER_GROUP; c += 1u) {
    share = fma(gamma[c], sums[image * C + c], share);
    shareOfXhat = fma(gamma[c], sumsOfXhat[image * C + c], shareOfXhat);
  }
  let n = f32(ROWS * PER_GROUP);
  for (var c = first; c < first + PER_GROUP; c += 1u) {
    shares[image * C + c] = share / n;
    shares[(IMAGES + image) * C + c] = shareOfXhat / n;
  }
}
