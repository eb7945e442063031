import { shuffleScale } from './architecture.ts';
import type { Layers } from './layers.ts';
import type { Weights } from './weights.ts';

/** What SwinIR and its descendants end with. */
export interface End {
  /** As their authors call it. */
  readonly name: string;
  readonly scale: number;
  /**
   * @param body the features, [1, C, H, W]
   * @param source what the network was given, in its range
   */
  build(layers: Layers, body: string, source: string): string;
}

/** How the network enlarges, or null where it does in a way of its own. */
/** @param channels planes of the result */
export function endOf(weights: Weights, channels: number): End | null {
  if (weights.has('conv_before_upsample.0.weight', 'conv_up1.weight', 'conv_hr.weight')) return nearestEnd(weights);
  if (weights.has('conv_before_upsample.0.weight', 'upsample.0.weight')) return shuffleEnd(weights);
  if (weights.has('upsample.0.weight')) {
    const scale = shuffleScale(weights.size('upsample.0.weight', 0), channels);
    const build: End['build'] = (layers, body) => layers.graph.depthToSpace(layers.conv(body, 'upsample.0'), scale);
    return scale === 0 ? null : { name: 'pixelshuffledirect', scale, build };
  }
  if (!weights.has('conv_last.weight')) return null;
  // Networks of the same size by way of a pixel shuffle of nothing.
  if (weights.has('conv_before_upsample.0.weight')) return shuffleEnd(weights);
  return { name: 'same size', scale: 1, build: (layers, body, source) => layers.graph.add(source, layers.conv(body, 'conv_last')) };
}

/** nearest+conv: for real photographs. */
function nearestEnd(weights: Weights): End {
  const ups = [1, 2, 3].map((number) => `conv_up${number}`).filter((name) => weights.has(`${name}.weight`));
  const build: End['build'] = (layers, body) => {
    const { graph } = layers;
    let x = beforeUpsample(layers, body);
    for (const up of ups) x = graph.leakyRelu(layers.conv(graph.resizeNearest(x, 2), up), 0.2);
    return layers.conv(graph.leakyRelu(layers.conv(x, 'conv_hr'), 0.2), 'conv_last');
  };
  return { name: 'nearest+conv', scale: 2 ** ups.length, build };
}

/** pixelshuffle: classical super-resolution, by twos or by three. */
function shuffleEnd(weights: Weights): End | null {
  const steps = weights.numbers('upsample.').map((number) => {
    const name = `upsample.${number}`;
    return { name, scale: shuffleScale(weights.size(`${name}.weight`, 0), weights.size(`${name}.weight`, 1)) };
  });
  const scale = steps.reduce((product, step) => product * step.scale, 1);
  const build: End['build'] = (layers, body) => {
    let x = beforeUpsample(layers, body);
    for (const step of steps) x = layers.graph.depthToSpace(layers.conv(x, step.name), step.scale);
    return layers.conv(x, 'conv_last');
  };
  return scale === 0 ? null : { name: 'pixelshuffle', scale, build };
}

const beforeUpsample = (layers: Layers, body: string): string => layers.graph.leakyRelu(layers.conv(body, 'conv_before_upsample.0'), 0.01);

/** What ends a group of blocks: one convolution, three with a narrow one between, or nothing. */
export function residualConvolutions(layers: Layers, x: string, name: string): string {
  if (layers.weights.has(`${name}.weight`)) return layers.conv(x, name);
  if (!layers.weights.has(`${name}.0.weight`)) return x;
  const narrow = layers.graph.leakyRelu(layers.conv(x, `${name}.0`), 0.2);
  return layers.conv(layers.graph.leakyRelu(layers.conv(narrow, `${name}.2`), 0.2), `${name}.4`);
}
