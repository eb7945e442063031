import { shuffleScale, type Architecture } from './architecture.ts';
import { Layers } from './layers.ts';
import { cropLike, padToMultiple } from './sizes.ts';
import type { Weights } from './weights.ts';

/**
 * RRDBNet (ESRGAN, BSRGAN, RealSR, Real-ESRGAN): dense blocks of five convolutions, three of them a residual block; then
 * nearest-neighbour doubling and a convolution as often as needed. Networks for small scales fold the source 2 × 2 or
 * 4 × 4 into planes first. Three generations of names are in use.
 */
export const rrdb: Architecture = {
  id: 'rrdb',
  label: 'ESRGAN (RRDBNet)',
  recognise: (weights) => {
    const names = namesOf(weights);
    if (names === null) return null;
    const { first, last, blocks, ups } = names;
    const planes = weights.size(`${first}.weight`, 1);
    const given = weights.size(`${last}.weight`, 0);
    // Other numbers of planes than the result's, or of its folded pixels, are what it takes: grey to colours.
    const folded = shuffleScale(planes, given) || 1;
    const channels = planes / folded ** 2;
    const scale = 2 ** ups.length / folded;
    if (!Number.isInteger(scale)) return null;
    // One per convolution at source size, half as much after each doubling; the two last are at full size.
    const doubled = ups.reduce((sum, _, index) => sum + 2 ** -(index + 1), 0) + 2 * 2 ** -ups.length;
    return {
      scale,
      channels,
      given,
      radius: Math.ceil((15 * blocks.length + 2 + doubled) * folded),
      // What mirroring needs.
      smallest: folded,
      traits: `${weights.size(`${first}.weight`, 0)} channels, ${blocks.length} blocks${hasShortcuts(weights, blocks) ? ', ESRGAN+' : ''}`,
      build: (graph, image) => {
        const layers = new Layers(graph, weights);
        const source = folded === 1 ? image : graph.pixelUnshuffle(padToMultiple(graph, image, folded), folded, channels);
        const shallow = layers.conv(source, first);
        let x = shallow;
        for (const block of blocks) x = residualBlock(layers, x, block);
        x = graph.add(layers.conv(x, names.trunk), shallow);
        for (const up of ups) x = graph.leakyRelu(layers.conv(graph.resizeNearest(x, 2), up), 0.2);
        x = layers.conv(graph.leakyRelu(layers.conv(x, names.full), 0.2), last);
        return folded === 1 ? x : cropLike(graph, x, image, scale);
      },
    };
  },
};

interface Dense {
  readonly convolutions: readonly string[];
  /** Where there is one (ESRGAN+): past the first two convolutions, and what came of those past the next two. */
  readonly shortcut: string;
}

interface Names {
  readonly first: string;
  /** For each block, its dense blocks. */
  readonly blocks: readonly (readonly Dense[])[];
  readonly trunk: string;
  readonly ups: readonly string[];
  /** The last but one convolution. */
  readonly full: string;
  readonly last: string;
}

function namesOf(weights: Weights): Names | null {
  const newest = weights.has('body.0.rdb1.conv1.weight', 'conv_body.weight');
  if (newest || weights.has('RRDB_trunk.0.RDB1.conv1.weight', 'trunk_conv.weight')) {
    const [body, dense] = newest ? ['body', 'rdb'] : ['RRDB_trunk', 'RDB'];
    const ups = [1, 2, 3, 4].flatMap((number) => {
      const name = weights.first(`conv_up${number}`, `upconv${number}`);
      return weights.has(`${name}.weight`) ? [name] : [];
    });
    const blocks = weights.numbers(`${body}.`).map((block) => densesOf(`${body}.${block}.${dense}`, ''));
    const [trunk, full] = [weights.first('conv_body', 'trunk_conv'), weights.first('conv_hr', 'HRconv')];
    return { first: 'conv_first', blocks, trunk, ups, full, last: 'conv_last' };
  }
  if (!weights.has('model.0.weight', 'model.1.sub.0.RDB1.conv1.0.weight')) return null;
  const parts = weights.numbers('model.1.sub.');
  const blocks = parts.slice(0, -1).map((block) => densesOf(`model.1.sub.${block}.RDB`, '.0'));
  const [first = '', , ...rest] = weights.numbers('model.').map((number) => `model.${number}`);
  const [full = '', last = ''] = rest.slice(-2);
  return { first, blocks, trunk: `model.1.sub.${parts.at(-1)}`, ups: rest.slice(0, -2), full, last };
}

const densesOf = (start: string, end: string): Dense[] =>
  [1, 2, 3].map((dense) => ({
    convolutions: [1, 2, 3, 4, 5].map((convolution) => `${start}${dense}.conv${convolution}${end}`),
    shortcut: `${start}${dense}.conv1x1`,
  }));

const hasShortcuts = (weights: Weights, [first = []]: Names['blocks']): boolean =>
  first.some(({ shortcut }) => weights.has(`${shortcut}.weight`));

/** Three dense blocks; what they add is scaled by 0.2, and so is what each adds. */
function residualBlock(layers: Layers, x: string, block: readonly Dense[]): string {
  const { graph, weights } = layers;
  let result = x;
  for (const { convolutions, shortcut } of block) {
    const seen = [result];
    const plus = weights.has(`${shortcut}.weight`);
    for (const name of convolutions.slice(0, -1)) {
      const input = seen.length === 1 ? result : graph.concat(seen);
      const fresh = graph.leakyRelu(layers.conv(input, name), 0.2);
      const past = seen.length === 2 ? () => layers.conv(result, shortcut) : () => seen[2] ?? '';
      seen.push(plus && seen.length % 2 === 0 ? graph.add(fresh, past()) : fresh);
    }
    const added = layers.conv(graph.concat(seen), convolutions.at(-1) ?? '');
    result = graph.add(graph.mul(added, 0.2), result);
  }
  return graph.add(graph.mul(result, 0.2), x);
}
