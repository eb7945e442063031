import { evenly } from './architecture.ts';
import type { Layers } from './layers.ts';
import { sizeOf } from './sizes.ts';

/**
 * DySample (arXiv 2308.15085), an upsampler that learns where to look: result pixels are read from the source between its
 * pixels, each group of channels at places of its own; a last 1 × 1 convolution (`end_conv`) makes the colours.
 */
export function dySample(layers: Layers, x: string, name: string, scale: number): string {
  const { graph, weights } = layers;
  const channels = weights.size(`${name}.offset.weight`, 1);
  const groups = evenly(weights.size(`${name}.offset.weight`, 0), 2 * scale ** 2);
  const scope = graph.mul(graph.sigmoid(layers.conv(x, `${name}.scope`)), 0.5);
  const offsets = graph.add(graph.mul(layers.conv(x, `${name}.offset`), scope), layers.weights.tensor(`${name}.init_pos`));

  // Where the centres of the source pixels are, plus the offsets, as grid_sample counts: -1 … 1 across the picture.
  const size = sizeOf(graph, x);
  const [height = '', width = ''] = graph.split(size, [1, 1], 0);
  const perAxis = graph.reshape(offsets, graph.concat([graph.integers(2, groups * scale ** 2), size], 0));
  const [across = '', down = ''] = graph.split(perAxis, [1, 1], 0);
  const placed = [
    { part: across, length: width, dims: [1, 1, 1, -1] },
    { part: down, length: height, dims: [1, 1, -1, 1] },
  ].map(({ part, length, dims }) => {
    const count = graph.cast(length, 1);
    const scalar = graph.node('Squeeze', [count, graph.integers(0)]);
    const steps = graph.node('Range', [0, scalar, 1]);
    const centres = graph.add(graph.reshape(steps, dims), 0.5);
    return graph.sub(graph.mul(graph.div(graph.add(part, centres), count), 2), 1);
  });

  const shuffled = graph.depthToSpace(graph.reshape(graph.concat(placed, 0), graph.concat([graph.integers(1, -1), size], 0)), scale);
  const large = sizeOf(graph, shuffled);
  const grid = graph.transpose(graph.reshape(shuffled, graph.concat([graph.integers(2, groups), large], 0)), [1, 2, 3, 0]);
  const source = graph.reshape(x, graph.concat([graph.integers(groups, evenly(channels, groups)), size], 0));
  const sampled = graph.node('GridSample', [source, grid], { mode: 'bilinear', padding_mode: 'border', align_corners: 0 });
  const picture = graph.reshape(sampled, graph.concat([graph.integers(1, channels), large], 0));
  return weights.has(`${name}.end_conv.weight`) ? layers.conv(picture, `${name}.end_conv`) : picture;
}
