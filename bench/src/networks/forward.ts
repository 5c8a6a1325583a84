// The three networks of the training steps, written once for whoever computes them: a peer's library, or the counter of
// operations. Our own steps do not use it; they run the modules of @er/models, whose weights and
// state_dict names a peer is given. That both end in the same losses shows that they are the same networks.

/** What a network is made of. Names are those of our state_dict; a method may use up no tensor it is given. */
export interface Layers<T> {
  /** Convolution without bias; odd kernels, padded by half their size. The weight is `name`.weight. */
  conv(x: T, name: string, stride: number): T;
  /** Batch normalisation by the batch's own statistics, with `name`.weight and `name`.bias. */
  norm(x: T, name: string): T;
  relu(x: T): T;
  add(a: T, b: T): T;
  /** Every second pixel, with zero channels added on both sides until there are `channels`. */
  subsamplePad(x: T, channels: number): T;
  /** [N, H, W, C] -> [N, C], the mean of each channel. */
  pool(x: T): T;
  /** x Wᵀ + b with `name`.weight and `name`.bias. */
  linear(x: T, name: string): T;
}

export type NetworkName = "resnet20" | "wrn-16-4" | "resnet18";

/** Traces a network on 32×32 images and returns the logits [N, 10]. */
export function forward<T>(network: NetworkName, layers: Layers<T>, x: T): T {
  switch (network) {
    case "resnet20":
      return resnet20(layers, x);
    case "wrn-16-4":
      return wideResnet16x4(layers, x);
    case "resnet18":
      return resnet18(layers, x);
    default:
      return network satisfies never;
  }
}

/** relu(norm(conv(x))) with the stride given, then norm(conv(·)): the inner path of a basic block. */
function basicPath<T>(l: Layers<T>, x: T, name: string, stride: number): T {
  const first = l.relu(l.norm(l.conv(x, `${name}.conv1`, stride), `${name}.bn1`));
  return l.norm(l.conv(first, `${name}.conv2`, 1), `${name}.bn2`);
}

function resnet20<T>(l: Layers<T>, x: T): T {
  let y = l.relu(l.norm(l.conv(x, "conv1", 1), "bn1"));
  for (const [stage, channels] of [16, 32, 64].entries()) {
    for (let block = 0; block < 3; block++) {
      const narrower = stage > 0 && block === 0;
      const inner = basicPath(l, y, `layer${stage + 1}.${block}`, narrower ? 2 : 1);
      y = l.relu(l.add(inner, narrower ? l.subsamplePad(y, channels) : y));
    }
  }
  return l.linear(l.pool(y), "linear");
}

function wideResnet16x4<T>(l: Layers<T>, x: T): T {
  let y = l.conv(x, "conv1", 1);
  for (let group = 1; group <= 3; group++) {
    for (let block = 0; block < 2; block++) {
      const name = `block${group}.layer.${block}`;
      const stride = group > 1 && block === 0 ? 2 : 1;
      const active = l.relu(l.norm(y, `${name}.bn1`));
      const inner = l.relu(l.norm(l.conv(active, `${name}.conv1`, stride), `${name}.bn2`));
      const shortcut = block === 0 ? l.conv(active, `${name}.convShortcut`, stride) : y;
      y = l.add(l.conv(inner, `${name}.conv2`, 1), shortcut);
    }
  }
  return l.linear(l.pool(l.relu(l.norm(y, "bn1"))), "fc");
}

function resnet18<T>(l: Layers<T>, x: T): T {
  let y = l.relu(l.norm(l.conv(x, "conv1", 1), "bn1"));
  for (let stage = 1; stage <= 4; stage++) {
    for (let block = 0; block < 2; block++) {
      const name = `layer${stage}.${block}`;
      const narrower = stage > 1 && block === 0;
      const inner = basicPath(l, y, name, narrower ? 2 : 1);
      const shortcut = narrower ? l.norm(l.conv(y, `${name}.downsample.0`, 2), `${name}.downsample.1`) : y;
      y = l.relu(l.add(inner, shortcut));
    }
  }
  return l.linear(l.pool(y), "fc");
}
