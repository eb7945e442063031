import type { Layers } from './layers.ts';
import { rgbMean } from './ranges.ts';
import { residualConvolutions } from './transformer-ends.ts';

/** How SwinIR and its descendants want their pictures. */
export const swinRange = (channels: number, white = 1): { white: number; mean: readonly number[] } => ({
  white,
  mean: channels === 3 ? rgbMean : [0],
});

interface Body {
  /** Names of the first convolution, and of what normalises its result, where there is such. */
  readonly first?: string;
  readonly norm?: string;
  /** What a group of blocks makes of [1, H, W, C]; `name` is `layers.<n>`. */
  readonly group: (x: string, name: string, number: number) => string;
}

/**
 * The frame of SwinIR and its descendants: a convolution, groups of blocks on the pixels as tokens, a convolution more, and a shortcut
 * around all of them. @returns the features, [1, C, H, W]
 */
export function transformerBody(layers: Layers, source: string, { first = 'conv_first', norm = 'patch_embed.norm', group }: Body): string {
  const { graph, weights } = layers;
  const shallow = layers.conv(source, first);
  let x = graph.transpose(shallow, [0, 2, 3, 1]);
  if (weights.has(`${norm}.weight`)) x = layers.layerNorm(x, norm);
  for (const number of weights.numbers('layers.')) x = group(x, `layers.${number}`, number);
  const deep = graph.transpose(layers.layerNorm(x, 'norm'), [0, 3, 1, 2]);
  return graph.add(residualConvolutions(layers, deep, 'conv_after_body'), shallow);
}

/** What ends most groups: their convolutions, and a shortcut around the blocks. Both values are [1, H, W, C]. */
export function groupEnd(layers: Layers, x: string, before: string, name: string): string {
  const { graph } = layers;
  const mixed = residualConvolutions(layers, graph.transpose(x, [0, 3, 1, 2]), `${name}.conv`);
  return graph.add(graph.transpose(mixed, [0, 2, 3, 1]), before);
}
