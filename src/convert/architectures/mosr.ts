import { shuffleScale, type Architecture } from './architecture.ts';
import { dySample } from './dysample.ts';
import { Layers } from './layers.ts';
import type { Weights } from './weights.ts';

/**
 * MoSR (neosr): gated blocks of convolutions as in MambaOut, a short way around them from the source itself, and one of three upsamplers:
 * pixel shuffling, the mean of eight of them, DySample.
 */
export const mosr: Architecture = {
  id: 'mosr',
  label: 'MoSR',
  recognise: (weights) => {
    const block = 'gblocks.1';
    if (!weights.has('gblocks.0.weight', `${block}.fc1.weight`, `${block}.conv.weight`, `${block}.fc2.weight`, 'shortcut.conv11.weight')) {
      return null;
    }
    const channels = weights.size('gblocks.0.weight', 1);
    const end = endOf(weights, channels);
    if (end === null) return null;
    const blocks = weights.numbers('gblocks.').filter((part) => weights.has(`gblocks.${part}.fc1.weight`));
    const rest = weights.numbers('gblocks.').slice(blocks.length + 1);
    const blockRadius = 2 + Math.floor(weights.size(`${block}.conv.weight`, 2) / 2);
    return {
      scale: end.scale,
      channels,
      given: end.given,
      radius: end.samples ? null : 1 + blocks.length * blockRadius + 2 + 1,
      smallest: 1,
      traits: `${weights.size('gblocks.0.weight', 0)} channels, ${blocks.length} blocks, ${end.name}`,
      build: (graph, image) => {
        const layers = new Layers(graph, weights);
        let x = layers.conv(image, 'gblocks.0');
        for (const part of blocks) x = gatedBlock(layers, x, `gblocks.${part}`);
        rest.forEach((part, index) => {
          const mixed = layers.conv(x, `gblocks.${part}`);
          x = index < rest.length - 1 ? graph.mish(mixed) : mixed;
        });
        const first = graph.mish(layers.conv(image, 'shortcut.block.0'));
        const around = graph.add(graph.mish(layers.conv(first, 'shortcut.block.2')), layers.conv(image, 'shortcut.conv11'));
        return end.build(layers, graph.add(x, graph.sub(around, 0.5)));
      },
    };
  },
};

interface End {
  readonly name: string;
  readonly scale: number;
  readonly given: number;
  /** Whether it looks at places of its own choice. */
  readonly samples: boolean;
  build(layers: Layers, x: string): string;
}

/** Numbers that cannot be read from the weights, and that nobody has changed: groups of DySample, and pictures of which the mean is taken. */
const [sampledGroups, ensemble] = [4, 8];

function endOf(weights: Weights, channels: number): End | null {
  if (weights.has('upsampler.init_pos')) {
    const scale = Math.sqrt(weights.size('upsampler.offset.weight', 0) / (2 * sampledGroups));
    const given = weights.size('upsampler.end_conv.weight', 0);
    const build: End['build'] = (layers, x) => dySample(layers, x, 'upsampler', scale);
    return Number.isInteger(scale) && scale > 0 ? { name: 'DySample', scale, given, samples: true, build } : null;
  }
  const isMean = weights.has('upsampler.in_to_k.weight');
  const name = isMean ? 'upsampler.in_to_k' : 'upsampler.0';
  const planes = weights.size(`${name}.weight`, 0) / (isMean ? ensemble : 1);
  const scale = shuffleScale(planes, channels);
  const build: End['build'] = (layers, x) => {
    const { graph } = layers;
    const all = layers.conv(x, name);
    if (!isMean) return graph.depthToSpace(all, scale);
    const each = graph.split(all, Array<number>(ensemble).fill(planes));
    return graph.depthToSpace(graph.node('Mean', each), scale);
  };
  return scale === 0 ? null : { name: isMean ? 'GPS' : 'pixelshuffle', scale, given: channels, samples: false, build };
}

/** One part of the channels, by an activation, weighs the others, some of which were convolved with a kernel each. */
function gatedBlock(layers: Layers, x: string, name: string): string {
  const { graph, weights } = layers;
  const [wide, hidden, part] = [
    weights.size(`${name}.fc1.weight`, 0),
    weights.size(`${name}.fc2.weight`, 1),
    weights.size(`${name}.conv.weight`, 0),
  ];
  const mixed = layers.conv(layers.channelNorm(x, `${name}.norm`), `${name}.fc1`);
  const kept = wide - hidden - part;
  const parts = graph.split(mixed, kept > 0 ? [hidden, kept, part] : [hidden, part]);
  const convolved = layers.depthwise(parts.at(-1) ?? '', `${name}.conv`);
  const weighed = kept > 0 ? graph.concat([parts[1] ?? '', convolved]) : convolved;
  const result = graph.mish(layers.conv(graph.mul(graph.mish(parts[0] ?? ''), weighed), `${name}.fc2`));
  return graph.add(result, graph.sub(x, 0.5));
}
