import type { GraphBuilder } from '../graph/builder.ts';
import { shuffleScale, type Architecture } from './architecture.ts';
import { Layers } from './layers.ts';
import { resizeLike, sizeOf } from './sizes.ts';
import type { Weights } from './weights.ts';

/** What the whole family has: `to_feat`, blocks `feats.<n>` and `to_img` with pixel shuffling; null for others. */
function frameOf(weights: Weights): { scale: number; traits: string; blocks: string[] } | null {
  const scale = shuffleScale(weights.size('to_img.0.weight', 0), 3);
  if (!weights.has('to_feat.weight') || weights.size('to_feat.weight', 1) !== 3 || scale === 0) return null;
  const blocks = weights.numbers('feats.').map((block) => `feats.${block}`);
  return { scale, blocks, traits: `${weights.size('to_feat.weight', 0)} channels, ${blocks.length} blocks` };
}

/** Every block looks at pictures of an eighth of the size, whose grid begins at the tile's corner. */
const family = { channels: 3, radius: null, smallest: 8 };

/**
 * SAFMN: each block weighs its input with what four sizes of it say (`safm`), then mixes channels (`ccm`), both with
 * normalised input and a shortcut.
 */
export const safmn: Architecture = {
  id: 'safmn',
  label: 'SAFMN',
  recognise: (weights) => {
    const frame = frameOf(weights);
    if (frame === null || !weights.has('feats.0.safm.aggr.weight', 'feats.0.ccm.ccm.0.weight')) return null;
    return {
      ...family,
      ...frame,
      build: (graph, image) => {
        const layers = new Layers(graph, weights);
        const shallow = layers.conv(image, 'to_feat');
        let x = shallow;
        for (const block of frame.blocks) {
          x = graph.add(modulation(layers, layers.channelNorm(x, `${block}.norm1`), `${block}.safm`), x);
          const wide = graph.gelu(layers.conv(layers.channelNorm(x, `${block}.norm2`), `${block}.ccm.ccm.0`));
          x = graph.add(layers.conv(wide, `${block}.ccm.ccm.2`), x);
        }
        return graph.depthToSpace(layers.conv(graph.add(x, shallow), 'to_img.0'), frame.scale);
      },
    };
  },
};

function modulation(layers: Layers, x: string, name: string): string {
  const { graph, weights } = layers;
  const levels = weights.numbers(`${name}.mfr.`);
  const part = weights.size(`${name}.mfr.0.weight`, 0);
  const parts = graph.split(
    x,
    levels.map(() => part),
  );
  const seen = levels.map((level, index) => {
    const source = parts[index] ?? x;
    const small = level === 0 ? source : adaptiveMaxPool(graph, source, 2 ** level);
    const mixed = layers.depthwise(small, `${name}.mfr.${level}`);
    return level === 0 ? mixed : resizeLike(graph, mixed, x, 'nearest');
  });
  return graph.mul(graph.gelu(layers.conv(graph.concat(seen), `${name}.aggr`)), x);
}

/**
 * SAFMN++, the form of the challenges of 2024: no normalisation, one small picture for a part of the channels. The NTIRE one
 * has a shortcut around each block and adds the enlarged source; the lighter one of AIS, with `feats.<n>.conv2.conv.<m>`,
 * has one shortcut around all.
 */
export const safmnPlusPlus: Architecture = {
  id: 'safmn-plus-plus',
  label: 'SAFMN++',
  recognise: (weights) => {
    const frame = frameOf(weights);
    const isLight = weights.has('feats.0.conv2.conv.0.weight');
    if (frame === null || !weights.has('feats.0.conv1.proj.weight', 'feats.0.conv1.dwconv.weight')) return null;
    if (!isLight && !weights.has('feats.0.conv2.conv1.weight')) return null;
    const [wide, narrow] = isLight ? ['conv.0', 'conv.2'] : ['conv1', 'conv2'];
    return {
      ...family,
      ...frame,
      traits: isLight ? `light, ${frame.traits}` : frame.traits,
      build: (graph, image) => {
        const layers = new Layers(graph, weights);
        const shallow = layers.conv(image, 'to_feat');
        let x = shallow;
        for (const block of frame.blocks) {
          const modulated = simpleModulation(layers, x, `${block}.conv1`);
          const mixed = layers.conv(graph.gelu(layers.conv(modulated, `${block}.conv2.${wide}`)), `${block}.conv2.${narrow}`);
          x = isLight ? mixed : graph.add(mixed, x);
        }
        if (isLight) return graph.depthToSpace(layers.conv(graph.add(x, shallow), 'to_img.0'), frame.scale);
        const detail = graph.depthToSpace(layers.conv(x, 'to_img.0'), frame.scale);
        return graph.add(detail, graph.resizeLinear(image, frame.scale));
      },
    };
  },
};

function simpleModulation(layers: Layers, x: string, name: string): string {
  const { graph, weights } = layers;
  const part = weights.size(`${name}.dwconv.weight`, 0);
  const rest = weights.size(`${name}.proj.weight`, 0) - part;
  const [weighed = '', kept = ''] = graph.split(layers.conv(x, `${name}.proj`), [part, rest]);
  const small = layers.depthwise(adaptiveMaxPool(graph, weighed, 8), `${name}.dwconv`);
  const weighing = graph.gelu(resizeLike(graph, small, weighed, 'linear'));
  return layers.conv(graph.gelu(graph.concat([kept, graph.mul(weighing, weighed)])), `${name}.out`);
}

/**
 * PyTorch's adaptive_max_pool2d to floor(H / factor) × floor(W / factor) for any size of [1, C, H, W]: along an axis of
 * length n, result i of m is the largest of the places floor(i n / m) … ceil((i + 1) n / m) - 1, which overlap where n is no
 * multiple of m.
 */
function adaptiveMaxPool(graph: GraphBuilder, x: string, factor: number): string {
  const size = sizeOf(graph, x);
  return [2, 3].reduce((pooled, axis) => alongAxis(graph, pooled, axis, graph.slice(size, [axis - 2], [axis - 1], [0]), factor), x);
}

function alongAxis(graph: GraphBuilder, x: string, axis: number, length: string, factor: number): string {
  const one = graph.integers(1);
  const scalar = (value: string): string => graph.node('Squeeze', [value, graph.integers(0)]);
  const range = (count: string): string => graph.node('Range', [scalar(graph.integers(0)), scalar(count), scalar(one)]);
  const count = graph.node('Div', [length, graph.integers(factor)]);
  const places = range(count);
  const starts = graph.node('Div', [graph.node('Mul', [places, length]), count]);
  const beyond = graph.node('Mul', [graph.node('Add', [places, one]), length]);
  const ends = graph.node('Div', [graph.node('Sub', [graph.node('Add', [beyond, count]), one]), count]);
  const widest = graph.node('ReduceMax', [graph.node('Sub', [ends, starts])], { axes: [0], keepdims: 1 });
  // [m, widest]: the places that each result looks at; the last one again where there are fewer.
  const column = (value: string): string => graph.node('Unsqueeze', [value, graph.integers(1)]);
  const offsets = graph.node('Add', [column(starts), range(widest)]);
  const seen = graph.node('Min', [offsets, graph.node('Sub', [column(ends), one])]);
  const gathered = graph.node('Gather', [x, seen], { axis });
  return graph.node('ReduceMax', [gathered], { axes: [axis + 1], keepdims: 0 });
}
