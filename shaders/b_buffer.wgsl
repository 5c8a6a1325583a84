// B from a buffer, as many columns at a time as a core handles as one value.

@group(0) @binding(1) var<storage, read> b: array<StoredColumns>;

fn loadB(i: u32) -> Columns {
  return Columns(b[i]);
}
