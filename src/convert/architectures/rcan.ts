import { shuffleScale, type Architecture } from './architecture.ts';
import { channelWeighing } from './channel-weighing.ts';
import { Layers } from './layers.ts';
import { cropLike, padToMultiple } from './sizes.ts';

/**
 * RCAN, the residual channel attention network: groups of blocks of two convolutions whose channels are weighed by their means. In the
 * published form pictures are in 0…255 with the mean taken off by convolutions of the file; others fold the source into planes first.
 */
export const rcan: Architecture = {
  id: 'rcan',
  label: 'RCAN',
  recognise: (weights) => {
    const block = 'body.0.body.0.body';
    if (!weights.has('tail.1.weight', `${block}.0.weight`, `${block}.3.conv_du.0.weight`)) return null;
    const head = weights.first('head.0', 'head.1');
    const channels = weights.size('tail.1.weight', 0);
    const folded = shuffleScale(weights.size(`${head}.weight`, 1), channels);
    const ups = weights.numbers('tail.0.').map((number) => {
      const name = `tail.0.${number}`;
      return { name, scale: shuffleScale(weights.size(`${name}.weight`, 0), weights.size(`${name}.weight`, 1)) };
    });
    const scale = ups.reduce((product, up) => product * up.scale, 1) / folded;
    if (!Number.isInteger(scale) || scale === 0) return null;
    if (weights.has('sub_mean.weight') && weights.size('sub_mean.weight', 1) !== channels) return null;
    const groups = weights.numbers('body.');
    const blocks = weights.numbers('body.0.body.');
    return {
      scale,
      channels,
      // Means are over the whole tile.
      radius: null,
      smallest: folded,
      traits: `${weights.size(`${head}.weight`, 0)} channels, ${groups.length - 1} groups of ${blocks.length - 1} blocks`,
      build: (graph, image) => {
        const layers = new Layers(graph, weights);
        const centred = weights.has('sub_mean.weight');
        const padded = folded === 1 ? image : padToMultiple(graph, image, folded);
        const given = centred ? layers.conv(graph.mul(padded, 255), 'sub_mean') : padded;
        const shallow = layers.conv(folded === 1 ? given : graph.pixelUnshuffle(given, folded, channels), head);
        let x = shallow;
        for (const group of groups) {
          const name = `body.${group}`;
          x = weights.has(`${name}.weight`) ? layers.conv(x, name) : residualGroup(layers, x, name);
        }
        x = graph.add(x, shallow);
        for (const up of ups) x = graph.depthToSpace(layers.conv(x, up.name), up.scale);
        x = layers.conv(x, 'tail.1');
        if (centred) x = graph.mul(layers.conv(x, 'add_mean'), 1 / 255);
        return folded === 1 ? x : cropLike(graph, x, image, scale);
      },
    };
  },
};

function residualGroup(layers: Layers, x: string, name: string): string {
  const { graph, weights } = layers;
  let inner = x;
  for (const number of weights.numbers(`${name}.body.`)) {
    const part = `${name}.body.${number}`;
    inner = weights.has(`${part}.weight`) ? layers.conv(inner, part) : residualBlock(layers, inner, `${part}.body`);
  }
  return graph.add(inner, x);
}

function residualBlock(layers: Layers, x: string, name: string): string {
  const { graph } = layers;
  const inner = layers.conv(graph.relu(layers.conv(x, `${name}.0`)), `${name}.2`);
  return graph.add(channelWeighing(layers, inner, `${name}.3.conv_du.0`, `${name}.3.conv_du.2`), x);
}
