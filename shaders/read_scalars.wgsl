// Four values of A, INNER_STRIDE apart, one by one; zero past the end of the inner dimension.

override INNER_STRIDE: u32 = 1u;
// Which of A's dimensions has neighbours in memory, as a rule.
override ROWS_ARE_NEIGHBOURS = INNER_STRIDE != 1u;

@group(0) @binding(0) var<storage, read> a: array<Stored>;

fn loadA(span: Span, k: u32) -> vec4f {
  let i = offsetA(span) + k * INNER_STRIDE;
  let value = vec4f(Stored4(a[i], a[i + INNER_STRIDE], a[i + 2u * INNER_STRIDE], a[i + 3u * INNER_STRIDE]));
  if (INNER % 4u == 0u) {
    return maskA(span, k, value);
  }
  return maskA(span, k, select(vec4f(), value, vec4u(k) + vec4u(0u, 1u, 2u, 3u) < vec4u(INNER)));
}
