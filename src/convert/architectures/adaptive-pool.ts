import type { GraphBuilder } from '../graph/builder.ts';
import { sizeOf } from './sizes.ts';

/**
 * PyTorch's adaptive_max_pool2d to floor(H / factor) × floor(W / factor) for any size of [1, C, H, W]: along an axis of
 * length n, result i of m is the largest of the places floor(i n / m) … ceil((i + 1) n / m) - 1, which overlap where n is no
 * multiple of m.
 */
export function adaptiveMaxPool(graph: GraphBuilder, x: string, factor: number): string {
  const size = sizeOf(graph, x);
  return [2, 3].reduce((pooled, axis) => alongAxis(graph, pooled, axis, graph.slice(size, [axis - 2], [axis - 1], [0]), factor), x);
}

function alongAxis(graph: GraphBuilder, x: string, axis: number, length: string, factor: number): string {
  const one = graph.integers(1);
  const scalar = (value: string): string => graph.node('Squeeze', [value, graph.integers(0)]);
  const range = (count: string): string => graph.node('Range', [scalar(graph.integers(0)), scalar(count), scalar(one)]);
  const count = graph.node('Div', [length, graph.integers(factor)]);
  const places = range(count);
  const starts = graph.node('Div', [graph.node('Mul', [places, length]), count]);
  const beyond = graph.node('Mul', [graph.node('Add', [places, one]), length]);
  const ends = graph.node('Div', [graph.node('Sub', [graph.node('Add', [beyond, count]), one]), count]);
  const widest = graph.node('ReduceMax', [graph.node('Sub', [ends, starts])], { axes: [0], keepdims: 1 });
  // [m, widest]: the places that each result looks at; the last one again where there are fewer.
  const column = (value: string): string => graph.node('Unsqueeze', [value, graph.integers(1)]);
  const offsets = graph.node('Add', [column(starts), range(widest)]);
  const seen = graph.node('Min', [offsets, graph.node('Sub', [column(ends), one])]);
  const gathered = graph.node('Gather', [x, seen], { axis });
  return graph.node('ReduceMax', [gathered], { axes: [axis + 1], keepdims: 0 });
}
