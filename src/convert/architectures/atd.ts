import type { GraphBuilder } from '../graph/builder.ts';
import type { Architecture } from './architecture.ts';
import { categoryAttention, refined, tokenAttention } from './atd-attention.ts';
import { convolvedLayers } from './convolved-layers.ts';
import { Layers } from './layers.ts';
import { fromUnits, inUnits } from './ranges.ts';
import { cropLike, missingTo, sizeOf } from './sizes.ts';
import { attentionWithin } from './swin-block.ts';
import { groupEnd, swinRange, transformerBody } from './transformer-body.ts';
import { endOf } from './transformer-ends.ts';
import { upTo, windowsOf, type Windows } from './windows.ts';

const largestWindow = 32;

/**
 * ATD, adaptive token dictionary: blocks that attend within windows, to a dictionary of tokens that is refined from block to block, and
 * to the pixels of the whole tile that are nearest to the same token.
 */
export const atd: Architecture = {
  id: 'atd',
  label: 'ATD',
  recognise: (weights) => {
    const group = 'layers.0.residual_group';
    const table = `${group}.layers.0.attn_win.relative_position_bias_table`;
    const needed = [table, `${group}.td`, `${group}.layers.0.attn_atd.scale`, `${group}.layers.0.attn_aca.logit_scale`];
    if (!weights.has('conv_first.weight', ...needed)) return null;
    const channels = weights.size('conv_first.weight', 1);
    const end = endOf(weights, channels);
    const side = (Math.sqrt(weights.size(table, 0)) + 1) / 2;
    if (end === null || !Number.isInteger(side) || side > largestWindow) return null;
    const features = weights.size('conv_first.weight', 0);
    // How many pixels of a category look at one another cannot be read from the weights: the authors' light networks have fewer.
    const category = end.name === 'pixelshuffledirect' && features === 48 ? 128 : 256;
    // A buffer of that name says that the pictures are taken as they are.
    const range = weights.has('no_norm') ? { white: 1, mean: [0] } : swinRange(channels);
    return {
      scale: end.scale,
      channels,
      radius: null,
      smallest: side,
      traits: `${features} channels, ${weights.numbers('layers.').length} groups, ${end.name}`,
      build: (graph, image) => {
        const layers = new Layers(graph, weights);
        weights.ignore(/^(relative_position_index_SA|no_norm)$/);
        const source = inUnits(graph, mirroredWithEdge(graph, image, side), range);
        const windows = windowsOf(graph, sizeOf(graph, source), { rows: side, columns: side });
        const body = transformerBody(layers, source, {
          group: (x, name) => groupEnd(layers, dictionaryGroup(layers, x, `${name}.residual_group`, windows, category), x, name),
        });
        return cropLike(graph, fromUnits(graph, end.build(layers, body, source), range), image, end.scale);
      },
    };
  },
};

/** Continues [1, C, H, W] at its right and bottom edges to multiples, mirrored so that the edge comes twice. */
function mirroredWithEdge(graph: GraphBuilder, x: string, multiple: number): string {
  const size = sizeOf(graph, x);
  const whole = graph.node('Add', [size, missingTo(graph, size, multiple)]);
  const [sizes, wholes] = [graph.split(size, [1, 1], 0), graph.split(whole, [1, 1], 0)];
  return wholes.reduce((picture, length, index) => {
    const places = upTo(graph, length);
    const last = graph.node('Sub', [graph.node('Mul', [sizes[index] ?? '', graph.integers(2)]), graph.integers(1)]);
    const mirrored = graph.node('Min', [places, graph.node('Sub', [last, places])]);
    return graph.node('Gather', [picture, mirrored], { axis: index + 2 });
  }, x);
}

/** @param x [1, H, W, C] */
function dictionaryGroup(layers: Layers, x: string, name: string, windows: Windows, category: number): string {
  const { graph, weights } = layers;
  const [tokens = 1, channels = 1] = weights.tensor(`${name}.td`, 2).dims;
  let [pixels, dictionary] = [x, graph.reshape(graph.parameter(`${name}.td`, weights.tensor(`${name}.td`, 2)), [1, tokens, channels])];
  for (const number of weights.numbers(`${name}.layers.`)) {
    const block = `${name}.layers.${number}`;
    const normal = layers.layerNorm(pixels, `${block}.norm1`);
    const projected = layers.linear(normal, `${block}.wqkv`);
    const rows = (value: string, width: number): string => graph.reshape(value, [1, -1, width]);
    const heads = weights.size(`${block}.attn_win.relative_position_bias_table`, 1);
    const { seen, likeness } = tokenAttention(layers, rows(normal, channels), dictionary, `${block}.attn_atd`);
    const alike = categoryAttention(layers, rows(projected, 3 * channels), likeness, `${block}.attn_aca`, { heads, channels, category });
    const near = attentionWithin(layers, projected, `${block}.attn_win`, windows, number % 2 === 1);
    const far = graph.reshape(graph.add(seen, alike), graph.shape(pixels));
    const sum = graph.add(graph.add(pixels, near), far);
    pixels = graph.add(sum, convolvedLayers(layers, layers.layerNorm(sum, `${block}.norm2`), `${block}.convffn`));
    if (weights.has(`${block}.sigma`)) dictionary = refined(layers, dictionary, likeness, rows(pixels, channels), block);
  }
  return pixels;
}
