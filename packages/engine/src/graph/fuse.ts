// The fusion pass: rewrites patterns of nodes into one node that does the same with fewer passes over memory.
// Each rule is named; a fused node keeps the outputs of the last node it replaces, so no other node changes.
import type { ParameterPlacement } from "../nn/parameter.js";
import { addOp } from "../ops/add.js";
import {
  type BatchNormEvaluationAttributes,
  type BatchNormGradientAttributes,
  batchNormEvaluationOp,
  batchNormGradientOp,
  batchNormOp,
} from "../ops/batch-norm.js";
import { biasOp } from "../ops/bias.js";
import { castOp } from "../ops/cast.js";
import { castArenaOp } from "../ops/cast-arena.js";
import { conv2dOp } from "../ops/conv2d.js";
import type { Conv2dAttributes } from "../ops/conv2d-geometry.js";
import { conv2dInputGradientOp } from "../ops/conv2d-input-gradient.js";
import { foldBatchNormOp } from "../ops/fold-batch-norm.js";
import { type GroupNormAttributes, groupNormOp } from "../ops/group-norm.js";
import { type MatmulAttributes, matmulOp } from "../ops/matmul.js";
import { reluGradientOp, reluOp } from "../ops/relu.js";
import type { Graph, Node } from "./graph.js";
import type { Op } from "./op.js";
import type { Tensor } from "./tensor.js";

interface Uses {
  /** Nodes that read a tensor. */
  readonly of: (tensor: Tensor) => readonly Node[];
  /** True where the one reader of a tensor is `node` and nothing outside the graph reads it. */
  readonly only: (tensor: Tensor, node: Node) => boolean;
}

type Rule = (graph: Graph, node: Node, uses: Uses) => boolean;

/** relu(add(batch_norm(x), residual)) and relu(norm(x)) -> the norm with its epilogue, in training and evaluation. */
const normThenRelu: Rule = (graph, node, uses) => {
  if (!isOp(node, reluOp)) {
    return false;
  }
  const input = node.inputs[0]!.producer;
  if (input === undefined || !uses.only(node.inputs[0]!, node)) {
    return false;
  }
  if (isNorm(input) || (isOp(input, groupNormOp) && !(input.attributes as GroupNormAttributes).relu)) {
    replace(graph, node, [input], { ...input, attributes: withRelu(input) });
    return true;
  }
  if (!isOp(input, addOp)) {
    return false;
  }
  for (const side of [0, 1]) {
    const norm = input.inputs[side]!.producer;
    const residual = input.inputs[1 - side]!;
    if (norm !== undefined && isNorm(norm) && uses.only(input.inputs[side]!, input) && residual.producer !== norm) {
      replace(graph, node, [norm, input], {
        ...norm,
        inputs: [...norm.inputs, residual],
        attributes: withRelu(norm),
      });
      return true;
    }
  }
  return false;
};

/** relu_gradient(add(a, b), y) -> the gradient of the sum in one pass, as where a block's input went two ways. */
const addThenReluGradient: Rule = (graph, node, uses) => {
  const [sum, y, addend] = node.inputs;
  const addition = sum?.producer;
  if (!isOp(node, reluGradientOp) || addend !== undefined || addition === undefined || !isOp(addition, addOp)) {
    return false;
  }
  if (!uses.only(sum!, node)) {
    return false;
  }
  replace(graph, node, [addition], { ...node, inputs: [addition.inputs[0]!, y!, addition.inputs[1]!] });
  return true;
};

/** relu_gradient(conv2d_input_gradient(dy, w), y) -> the gradient with zeros where y is. */
const inputGradientThenReluGradient: Rule = (graph, node, uses) => {
  const [dx, y, addend] = node.inputs;
  const gradient = dx?.producer;
  if (
    !isOp(node, reluGradientOp) ||
    addend !== undefined ||
    gradient === undefined ||
    !isOp(gradient, conv2dInputGradientOp)
  ) {
    return false;
  }
  if (gradient.inputs.length !== 2 || !uses.only(dx!, node)) {
    return false;
  }
  replace(graph, node, [gradient], { ...gradient, inputs: [...gradient.inputs, y!] });
  return true;
};

/** batch_norm_gradient(relu_gradient(dy, y), …) -> batch_norm_gradient(dy, …, y), where nothing else needs the middle. */
const reluGradientThenNormGradient: Rule = (graph, node, uses) => {
  const middle = node.inputs[0]?.producer;
  if (!isOp(node, batchNormGradientOp) || middle === undefined || !isOp(middle, reluGradientOp)) {
    return false;
  }
  const [dy, y, addend] = middle.inputs;
  const { relu: masked } = node.attributes as BatchNormGradientAttributes;
  if (addend !== undefined || masked || !uses.only(node.inputs[0]!, node)) {
    return false;
  }
  replace(graph, node, [middle], {
    ...node,
    inputs: [dy!, ...node.inputs.slice(1), y!],
    attributes: { ...(node.attributes as BatchNormGradientAttributes), relu: true },
  });
  return true;
};

/** bias(conv2d(x, w), b) and bias(matmul(x, w), b) -> the product with a bias. */
const productThenBias: Rule = (graph, node, uses) => {
  const product = node.inputs[0]?.producer;
  if (!isOp(node, biasOp) || product === undefined || product.inputs.length !== 2) {
    return false;
  }
  if (!(isOp(product, conv2dOp) || isOp(product, matmulOp)) || !uses.only(node.inputs[0]!, node)) {
    return false;
  }
  replace(graph, node, [product], { ...product, inputs: [...product.inputs, node.inputs[1]!] });
  return true;
};

/** batch_norm_evaluation(conv2d(x, w), …, residual) -> conv2d with folded weights, a bias and the norm's epilogue. */
const convolutionThenNorm: Rule = (graph, node, uses) => {
  const convolution = node.inputs[0]?.producer;
  if (!isOp(node, batchNormEvaluationOp) || convolution === undefined || !isOp(convolution, conv2dOp)) {
    return false;
  }
  const [x, weight, bias] = convolution.inputs;
  if (bias !== undefined || weight!.dtype !== "f32" || !uses.only(node.inputs[0]!, node)) {
    return false;
  }
  const [, gamma, beta, mean, variance, residual] = node.inputs;
  const { eps, relu } = node.attributes as BatchNormEvaluationAttributes;
  const folded = graph.add(foldBatchNormOp, [weight!, gamma!, beta!, mean!, variance!], { eps });
  const fold: Node = { ...graph.nodes.pop()!, scope: node.scope };
  for (const output of folded) {
    output.producer = fold;
  }
  replace(graph, node, [convolution], {
    ...convolution,
    inputs: [x!, ...folded, ...(residual === undefined ? [] : [residual])],
    attributes: { ...(convolution.attributes as Conv2dAttributes), ...(relu && { relu }) },
  });
  graph.nodes.splice(graph.nodes.indexOf(node.outputs[0]!.producer!), 0, fold);
  return true;
};

/** cast(matmul(a, b)) from f16 to f32 -> the product in f32, which it is until it is stored. */
const productThenCast: Rule = (graph, node, uses) => {
  const product = node.inputs[0]?.producer;
  if (
    !isOp(node, castOp) ||
    node.attributes !== "f32" ||
    product === undefined ||
    !isOp(product, matmulOp) ||
    !uses.only(node.inputs[0]!, node)
  ) {
    return false;
  }
  const attributes: MatmulAttributes = { ...(product.attributes as MatmulAttributes), dtype: "f32" };
  replace(graph, node, [product], { ...product, attributes });
  return true;
};

/** Casts of parameters to f16 -> one cast of their arena, where each copy has its place. */
const parameterCasts: Rule = (graph, node) => {
  const arena = castArena(node);
  if (arena === undefined || !graph.nodes.includes(node)) {
    return false;
  }
  const casts = graph.nodes.filter((other) => castArena(other)?.halves === arena.halves);
  const joined: Node = {
    ...node,
    op: castArenaOp as Op<unknown>,
    attributes: null,
    inputs: [graph.state(arena.state)],
    outputs: casts.map(({ outputs }) => outputs[0]!),
    updates: [graph.state(arena.halves)],
    scope: "",
  };
  for (const cast of casts) {
    const copy = cast.outputs[0]!;
    graph.placements.set(copy, { state: arena.halves, offset: castArena(cast)!.offset });
    copy.producer = joined;
  }
  graph.nodes = [joined, ...graph.nodes.filter((other) => !casts.includes(other))];
  return true;
};

/** The place of the parameter that a node casts to f16; undefined for all other nodes. */
function castArena(node: Node): ParameterPlacement | undefined {
  const storage = node.inputs[0]?.storage;
  return isOp(node, castOp) && node.attributes === "f16" && storage?.kind === "parameter"
    ? storage.parameter.placement
    : undefined;
}

const rules: readonly Rule[] = [
  normThenRelu,
  addThenReluGradient,
  inputGradientThenReluGradient,
  reluGradientThenNormGradient,
  convolutionThenNorm,
  productThenBias,
  productThenCast,
  parameterCasts,
];

/**
 * Applies every rule wherever it fits, in place. Done again it computes the same: no rule takes what is fused already.
 *
 * @param fetched tensors that will be read from outside, which no rule may remove
 */
export function fuse(graph: Graph, fetched: readonly Tensor[]): void {
  for (const rule of rules) {
    for (const node of [...graph.nodes]) {
      rule(graph, node, usesOf(graph, fetched));
    }
  }
}

function usesOf(graph: Graph, fetched: readonly Tensor[]): Uses {
  const readers = new Map<Tensor, Node[]>();
  for (const node of graph.nodes) {
    for (const input of node.inputs) {
      readers.set(input, [...(readers.get(input) ?? []), node]);
    }
  }
  const of = (tensor: Tensor) => readers.get(tensor) ?? [];
  const only = (tensor: Tensor, node: Node) =>
    of(tensor).length === 1 && of(tensor)[0] === node && !fetched.includes(tensor) && !graph.placements.has(tensor);
  return { of, only };
}

function isOp(node: Node, op: { readonly name: string }): boolean {
  return node.op.name === op.name;
}

function isNorm(node: Node): boolean {
  const plainInputs = node.op.name === batchNormOp.name ? 3 : 5;
  return (isOp(node, batchNormOp) || isOp(node, batchNormEvaluationOp)) && node.inputs.length === plainInputs;
}

function withRelu(node: Node): unknown {
  return { ...(node.attributes as object), relu: true };
}

/** Puts `fused` where `last` stood, with the first output of `last`, and drops `last` and `others`. */
function replace(graph: Graph, last: Node, others: readonly Node[], fused: Node): void {
  const joined: Node = { ...fused, outputs: [last.outputs[0]!, ...fused.outputs.slice(1)], scope: fused.scope };
  if (fused.outputs[0] === last.outputs[0]) {
    joined.outputs = [...last.outputs];
  }
  for (const output of joined.outputs) {
    output.producer = joined;
  }
  graph.nodes = graph.nodes.flatMap((node) => (node === last ? [joined] : others.includes(node) ? [] : [node]));
}
