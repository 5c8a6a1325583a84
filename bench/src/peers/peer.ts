// What the bench asks of another library that runs on the same GPUDevice. One file a library.
import type { Runtime, StateDict } from "@er/engine";
import type { Contender, PeerName } from "../case.js";
import type { NetworkName } from "../networks/forward.js";

export interface ConvShape {
  readonly batch: number;
  /** Height and width of the input. */
  readonly size: number;
  readonly inputs: number;
  readonly outputs: number;
  /** Odd; the input is padded by half of it on every side. */
  readonly kernel: number;
  readonly stride: number;
}

interface TrainingStep {
  readonly network: NetworkName;
  readonly batch: number;
  /** Initial parameters, in PyTorch's names and layouts. */
  readonly weights: StateDict;
  readonly learningRate: number;
  readonly momentum: number;
}

export interface Peer {
  readonly backend: PeerName;
  readonly version: string;
  /** C = A B of two n×n matrices, each `pattern`. */
  matmul(n: number): Promise<Contender>;
  /** Convolution of `pattern` images with `pattern` weights in HWIO order. */
  conv2d(shape: ConvShape): Promise<Contender>;
  /**
   * Forward with batch statistics, mean cross-entropy, backward and SGD with momentum on a resident batch. Running
   * statistics are not kept, which saves the peer a little work.
   */
  trainingStep(step: TrainingStep): Promise<Contender>;
}

/**
 * Gives browser libraries the `navigator.gpu` they look for. Whoever asks it for an adapter and a device gets the device
 * that our engine runs on.
 */
export function shareDevice({ device }: Runtime): void {
  const adapter = {
    info: device.adapterInfo,
    limits: device.limits,
    features: device.features,
    requestDevice: async () => device,
  };
  const gpu = { requestAdapter: async () => adapter };
  Object.defineProperty(globalThis, "navigator", {
    value: { userAgent: `Node.js/${process.versions.node}`, gpu },
    configurable: true,
  });
}
