// BiT's published weights (.npz of JAX and TensorFlow: names like resnet/block1/unit01/a/standardized_conv2d/kernel, kernels [H, W, I,
// O]) under the names and in the layouts of its authors' PyTorch definition.
import { InputError } from "@er/engine";

interface Weights {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** The convolutions and norms of a unit are called by letters. */
const LETTERS: Readonly<Record<string, number>> = { a: 1, b: 2, c: 3 };
const NORM: Readonly<Record<string, string>> = { gamma: "weight", beta: "bias" };

/** Whether names are those of BiT's npz files. */
export function isBitNpz(names: Iterable<string>): boolean {
  return [...names].some((name) => name.startsWith("resnet/"));
}

/**
 * Renames and turns the weights of a BiT .npz file.
 *
 * @returns by state_dict name, kernels as [O, I, H, W]
 * @throws InputError for a name that is none of theirs, or a kernel of another rank
 */
export function fromBitNpz<W extends Weights>(weights: ReadonlyMap<string, W>): Map<string, Weights> {
  const renamed = new Map<string, Weights>();
  for (const [name, value] of weights) {
    const own = stateDictName(name);
    if (own === undefined) {
      throw new InputError(
        `${name}: no name of BiT's weights; expected resnet/root_block/…, resnet/blockN/unitNN/…, resnet/group_norm/… or resnet/head/…`,
      );
    }
    renamed.set(own, name.endsWith("/kernel") ? turned(name, value) : value);
  }
  return renamed;
}

function stateDictName(name: string): string | undefined {
  const unit =
    /^resnet\/(block\d+)\/(unit\d+)\/([abc])\/(proj\/)?(group_norm|standardized_conv2d)\/(gamma|beta|kernel)$/.exec(
      name,
    );
  if (unit !== null) {
    const [, block, own, letter, projection, kind, part] = unit as unknown as string[];
    const path = `body.${block}.${own}`;
    if (kind === "group_norm") {
      return `${path}.gn${LETTERS[letter!]}.${NORM[part!]}`;
    }
    return projection === undefined ? `${path}.conv${LETTERS[letter!]}.weight` : `${path}.downsample.weight`;
  }
  switch (name) {
    case "resnet/root_block/standardized_conv2d/kernel":
      return "root.conv.weight";
    case "resnet/group_norm/gamma":
      return "head.gn.weight";
    case "resnet/group_norm/beta":
      return "head.gn.bias";
    case "resnet/head/conv2d/kernel":
      return "head.conv.weight";
    case "resnet/head/conv2d/bias":
      return "head.conv.bias";
    default:
      return undefined;
  }
}

/** [H, W, I, O] as [O, I, H, W]. */
function turned(name: string, { shape, data }: Weights): Weights {
  if (shape.length !== 4) {
    throw new InputError(`${name}: a kernel of shape [${shape.join(", ")}]; expected [H, W, I, O]`);
  }
  const [H, W, I, O] = shape as [number, number, number, number];
  const result = new Float32Array(data.length);
  for (let place = 0, i = 0; place < H * W; place++) {
    for (let input = 0; input < I; input++) {
      for (let o = 0; o < O; o++, i++) {
        result[(o * I + input) * H * W + place] = data[i]!;
      }
    }
  }
  return { shape: [O, I, H, W], data: result };
}
