// Logits as they are kept: float16, which tells apart what differs by a thousandth of itself. Close ranks may so become equal,
// which is why a run's accuracies are taken of the logits as the model gave them.
import { readInput } from "@er/data";
import { InputError, toHalf } from "@er/engine";
import { readNpy, toFloat32, writeNpy } from "@er/formats";
import type { Logits } from "@er/metrics";

/** The bytes of a .npy of float16 [n, classes]; what is past 65,504 becomes infinite. */
export function logitsFile({ values, classes }: Logits): Uint8Array {
  return writeNpy({ dtype: "float16", shape: [values.length / classes, classes], data: toHalf(values) });
}

/**
 * Reads a .npy of logits [n, classes], ours or another's.
 *
 * @param labels [n] the true classes that they are held to
 * @throws InputError where it cannot be read, is of another type or shape, lacks a label's class, or holds what is no finite number
 */
export async function readLogitsFile(file: string, labels: Uint16Array): Promise<Logits> {
  const array = readNpy(await readInput(file), file);
  const [rows, classes] = array.shape;
  if (array.shape.length !== 2 || classes === 0 || !array.dtype.startsWith("float")) {
    throw new InputError(`${file}: ${array.dtype} [${array.shape.join(", ")}]; expected logits, floats [n, classes]`);
  }
  const { length: n } = labels;
  if (rows !== n) {
    throw new InputError(`${file}: logits [${rows}, ${classes}] for ${n} labels; expected a row a label`);
  }
  const outside = labels.findIndex((label) => label >= classes!);
  if (outside >= 0) {
    throw new InputError(
      `${file}: logits [${rows}, ${classes}], and label ${labels[outside]} of example ${outside}; expected a logit a class`,
    );
  }
  const values = array.dtype === "float64" ? array.data : toFloat32(array);
  for (let i = 0; i < values.length; i++) {
    if (!Number.isFinite(values[i])) {
      throw new InputError(
        `${file}: the logit of class ${i % classes!} for example ${Math.floor(i / classes!)} is ${values[i]}; expected finite numbers, since no accuracy of such logits means anything`,
      );
    }
  }
  return { values, classes: classes! };
}
