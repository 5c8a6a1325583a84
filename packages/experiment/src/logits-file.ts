// Logits as they are kept: float16, which tells apart what differs by a thousandth of itself. Close ranks may so become equal,
// which is why accuracies are taken of the logits as the model gave them.
import { toHalf } from "@er/engine";
import { writeNpy } from "@er/formats";
import type { Logits } from "@er/metrics";

/** The bytes of a .npy of float16 [n, classes]; what is past 65,504 becomes infinite. */
export function logitsFile({ values, classes }: Logits): Uint8Array {
  return writeNpy({ dtype: "float16", shape: [values.length / classes, classes], data: toHalf(values) });
}
