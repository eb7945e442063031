import type { GraphBuilder } from '../graph/builder.ts';

/** Height and width of [1, C, H, W] as the graph computes them: two integers. */
export const sizeOf = (graph: GraphBuilder, x: string): string => graph.slice(graph.shape(x), [2], [4], [0]);

/** What both of `size` lack to be multiples of `multiple`. */
export const missingTo = (graph: GraphBuilder, size: string, multiple: number): string =>
  // The remainder has the sign of the divisor.
  graph.node('Mod', [graph.node('Neg', [size]), graph.integers(multiple)]);

/** Continues [1, C, H, W] at its right and bottom edges until both sizes are multiples of `multiple`: mirrored, or with zeros. */
export function padToMultiple(graph: GraphBuilder, x: string, multiple: number, mode: 'reflect' | 'constant' = 'reflect'): string {
  const pads = graph.concat([graph.integers(0, 0, 0, 0, 0, 0), missingTo(graph, sizeOf(graph, x), multiple)], 0);
  return graph.node('Pad', [x, pads], { mode });
}

/** The top left part of `x`, `scale` times as large as `original`. */
export function cropLike(graph: GraphBuilder, x: string, original: string, scale: number): string {
  const size = graph.node('Mul', [sizeOf(graph, original), graph.integers(scale)]);
  return graph.node('Slice', [x, graph.integers(0, 0), size, graph.integers(2, 3)]);
}

/** Resizes [1, C, h, w] to the size of `like`, as PyTorch does without aligned corners. */
export function resizeLike(graph: GraphBuilder, x: string, like: string, mode: 'nearest' | 'linear'): string {
  const planes = graph.slice(graph.shape(x), [0], [2], [0]);
  const sizes = graph.concat([planes, sizeOf(graph, like)], 0);
  const how =
    mode === 'linear'
      ? { mode, coordinate_transformation_mode: 'half_pixel' }
      : { mode, coordinate_transformation_mode: 'asymmetric', nearest_mode: 'floor' };
  return graph.node('Resize', [x, '', '', sizes], how);
}
