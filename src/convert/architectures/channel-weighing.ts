import type { Layers } from './layers.ts';

/** Squeeze and excitation: each channel of [1, C, H, W] weighed by what two layers, `narrow` and `wide`, make of the means of all. */
export function channelWeighing(layers: Layers, x: string, narrow: string, wide: string): string {
  const { graph } = layers;
  const weighing = layers.conv(graph.relu(layers.conv(graph.globalAveragePool(x), narrow)), wide);
  return graph.mul(x, graph.sigmoid(weighing));
}
