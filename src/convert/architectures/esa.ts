import type { Layers } from './layers.ts';
import { resizeLike } from './sizes.ts';

/** The fewest rows and columns that {@link enhancedSpatialAttention} takes: 7 × 7 of every second pixel. */
export const smallestForAttention = 15;

/** ESA: pixels weighed by what half the size, the largest of 7 × 7 at every third place, and the way back say. */
export function enhancedSpatialAttention(layers: Layers, x: string, name: string): string {
  const { graph } = layers;
  const reduced = layers.conv(x, `${name}.conv1`);
  const half = layers.conv(reduced, `${name}.conv2`, { stride: 2, pads: [0, 0, 0, 0] });
  const coarse = layers.conv(graph.maxPool(half, 7, 3), `${name}.conv3`);
  const both = graph.add(resizeLike(graph, coarse, x, 'linear'), layers.conv(reduced, `${name}.conv_f`));
  return graph.mul(x, graph.sigmoid(layers.conv(both, `${name}.conv4`)));
}
