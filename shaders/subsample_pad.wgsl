// The parameter-free shortcut of CIFAR ResNets ("option A", He et al. 2015, section 3.3): every STRIDE-th pixel,
// and zero channels before and after. With GRADIENT the same map backwards: y holds dx, x holds dy. Channels are counted in groups
// of the neighbours that columns_1 or columns_4 handle as one value.

override LENGTH: u32;
override H: u32; // of the larger image
override W: u32;
override C: u32; // groups of channels of the larger image, the narrower one
override OH: u32;
override OW: u32;
override OC: u32;
override STRIDE: u32;
override GROUPS_BEFORE: u32;
override GRADIENT: bool;

@group(0) @binding(0) var<storage, read> x: array<StoredColumns>;
@group(0) @binding(1) var<storage, read_write> y: array<StoredColumns>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * 64u;
  if (i >= LENGTH) {
    return;
  }
  var value = StoredColumns();
  if (GRADIENT) {
    let c = i % C + GROUPS_BEFORE;
    let pixel = i / C;
    let w = pixel % W;
    let h = (pixel / W) % H;
    let image = pixel / (W * H);
    if (w % STRIDE == 0u && h % STRIDE == 0u) {
      value = x[((image * OH + h / STRIDE) * OW + w / STRIDE) * OC + c];
    }
  } else {
    let c = i % OC;
    let pixel = i / OC;
    let w = (pixel % OW) * STRIDE;
    let h = ((pixel / OW) % OH) * STRIDE;
    let image = pixel / (OW * OH);
    if (c >= GROUPS_BEFORE && c < GROUPS_BEFORE + C) {
      value = x[((image * H + h) * W + w) * C + c - GROUPS_BEFORE];
    }
  }
  y[i] = value;
}
