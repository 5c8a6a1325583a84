// The class with the largest logit a row, among the classes whose mask is not 0; of equal ones the first, as in NumPy. A row with a
// NaN or an infinity, of whichever class, has no class: 0xffffffff. What they are is seen in their bits, since a shader may be
// compiled as if there were none.

override ROWS: u32;
override C: u32;

@group(0) @binding(0) var<storage, read> logits: array<f32>;
@group(0) @binding(1) var<storage, read> classMask: array<u32>;
@group(0) @binding(2) var<storage, read_write> predicted: array<u32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let row = id.x + id.y * groups.x * 64u;
  if (row >= ROWS) {
    return;
  }
  var best = 0u;
  var top = 0.0;
  var found = false;
  var finite = true;
  for (var c = 0u; c < C; c += 1u) {
    let v = logits[row * C + c];
    finite = finite && (bitcast<u32>(v) & 0x7f800000u) != 0x7f800000u;
    if (classMask[c] != 0u && (!found || v > top)) {
      top = v;
      best = c;
      found = true;
    }
  }
  predicted[row] = select(0xffffffffu, best, finite);
}
