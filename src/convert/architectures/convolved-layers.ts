import type { Layers } from './layers.ts';

/** Two layers on each pixel, between which a convolution of each plane adds what is around. @param x [1, H, W, C] */
export function convolvedLayers(layers: Layers, x: string, name: string): string {
  const { graph } = layers;
  const wide = graph.gelu(layers.linear(x, `${name}.fc1`));
  const around = graph.gelu(layers.depthwise(graph.transpose(wide, [0, 3, 1, 2]), `${name}.dwconv.depthwise_conv.0`));
  return layers.linear(graph.add(wide, graph.transpose(around, [0, 2, 3, 1])), `${name}.fc2`);
}
