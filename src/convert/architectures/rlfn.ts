import { shuffleScale, type Architecture } from './architecture.ts';
import { enhancedSpatialAttention, smallestForAttention } from './esa.ts';
import { Layers } from './layers.ts';
import { fromUnits, inUnits } from './ranges.ts';

/** Trained on pictures in 0…255, by the authors and in the challenges that it won. */
const range = { white: 255, mean: [0] };
const slope = 0.05;

/**
 * RLFN, the residual local feature network: blocks of three convolutions with a shortcut, then one of 1 × 1 and an attention
 * (`esa`) that looks at a much smaller picture.
 */
export const rlfn: Architecture = {
  id: 'rlfn',
  label: 'RLFN',
  recognise: (weights) => {
    if (!weights.has('conv_1.weight', 'block_1.c3_r.weight', 'block_1.c5.weight', 'block_1.esa.conv_f.weight', 'conv_2.weight'))
      return null;
    const channels = weights.size('conv_1.weight', 1);
    const scale = shuffleScale(weights.size('upsampler.0.weight', 0), channels);
    if (scale === 0) return null;
    let blocks = 0;
    while (weights.has(`block_${blocks + 1}.c1_r.weight`)) blocks += 1;
    return {
      scale,
      channels,
      // The attention is stretched over the whole tile.
      radius: null,
      smallest: smallestForAttention,
      traits: `${weights.size('conv_1.weight', 0)} channels, ${blocks} blocks`,
      build: (graph, image) => {
        const layers = new Layers(graph, weights);
        const shallow = layers.conv(inUnits(graph, image, range), 'conv_1');
        let x = shallow;
        for (let block = 1; block <= blocks; block += 1) {
          const name = `block_${block}`;
          let inner = x;
          for (const part of ['c1_r', 'c2_r', 'c3_r']) inner = graph.leakyRelu(layers.conv(inner, `${name}.${part}`), slope);
          x = enhancedSpatialAttention(layers, layers.conv(graph.add(inner, x), `${name}.c5`), `${name}.esa`);
        }
        x = graph.add(layers.conv(x, 'conv_2'), shallow);
        return fromUnits(graph, graph.depthToSpace(layers.conv(x, 'upsampler.0'), scale), range);
      },
    };
  },
};
