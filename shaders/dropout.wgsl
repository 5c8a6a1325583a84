// y = x / KEEP with probability KEEP, else 0: inverted dropout. Which elements stay is a function of the step's counter, STREAM and the
// element's place, so the gradient is the same map of dy. Invocation: four neighbours. Joined to philox.wgsl.

override VECTORS: u32;
override KEEP: f32;
override STREAM: u32;

@group(0) @binding(0) var<storage, read> x: array<Stored4>;
@group(0) @binding(1) var<storage, read> counter: array<u32>; // seed low, seed high, step, stream
@group(0) @binding(2) var<storage, read_write> y: array<Stored4>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * 64u;
  if (i >= VECTORS) {
    return;
  }
  let random = philox(vec4u(i, counter[2], counter[3], STREAM), vec2u(counter[0], counter[1]));
  // 24 bits: every float32 from 0 up to, without, 1.
  let uniform = vec4f(random >> vec4u(8u)) * 0x1p-24;
  y[i] = select(Stored4(), Stored4(vec4f(x[i]) / KEEP), uniform < vec4f(KEEP));
}
