import { shuffleScale, type Architecture } from './architecture.ts';
import { Layers } from './layers.ts';

/**
 * SRVGGNetCompact (Real-ESRGAN's small networks): convolution and PReLU in turns, one convolution more, pixel shuffling; the
 * enlarged source is added. All layers are `body.<n>`.
 */
export const compact: Architecture = {
  id: 'compact',
  label: 'Real-ESRGAN compact (SRVGGNetCompact)',
  recognise: (weights) => {
    // Other networks have a body, too, but no PReLU, whose slopes are a list.
    if (!weights.has('body.0.weight', 'body.1.weight') || weights.axes('body.1.weight') !== 1) return null;
    const last = weights.numbers('body.').at(-1) ?? 0;
    const channels = weights.size('body.0.weight', 1);
    const scale = shuffleScale(weights.size(`body.${last}.weight`, 0), channels);
    if (scale === 0 || last % 2 !== 0) return null;
    const convolutions = last / 2 + 1;
    return {
      scale,
      channels,
      radius: convolutions,
      smallest: 1,
      traits: `${weights.size('body.0.weight', 0)} channels, ${convolutions - 2} layers`,
      build: (graph, image) => {
        const layers = new Layers(graph, weights);
        let x = image;
        for (let index = 0; index < last; index += 2) {
          x = layers.conv(x, `body.${index}`);
          x = layers.prelu(x, `body.${index + 1}`);
        }
        const detail = graph.depthToSpace(layers.conv(x, `body.${last}`), scale);
        return graph.add(detail, graph.resizeNearest(image, scale));
      },
    };
  },
};
