import { shuffleScale, type Architecture } from './architecture.ts';
import { channelWeighing } from './channel-weighing.ts';
import { Layers } from './layers.ts';
import { cropLike, missingTo, sizeOf } from './sizes.ts';
import type { Weights } from './weights.ts';

/** How one of the four networks surrounds its two. */
interface Frame {
  readonly scale: number;
  /** Pixels that are mirrored around the picture, and the multiple that its sizes are filled up to. */
  readonly margin: number;
  readonly multiple: number;
  /** The first enlarges by transposed convolution. */
  readonly stride: number;
  /** The planes of the second are made a picture by a convolution and pixel shuffling, and the source is added. */
  readonly shuffles: boolean;
  /** The source is folded 2 × 2 into planes. */
  readonly folds: boolean;
}

/**
 * Real-CUGAN: two U-Nets without padding, the second of which corrects the first, with the picture mirrored around; for drawings. The kinds
 * for 2, 3 and 4 times, and the fast one for 2.
 */
export const cugan: Architecture = {
  id: 'cugan',
  label: 'Real-CUGAN',
  recognise: (weights) => {
    const needed = [
      'unet1.conv1.conv.0',
      'unet1.conv2.seblock.conv1',
      'unet1.conv_bottom',
      'unet2.conv3.seblock.conv1',
      'unet2.conv_bottom',
    ];
    if (!weights.has(...needed.map((name) => `${name}.weight`))) return null;
    const frame = frameOf(weights);
    const planes = weights.size('unet1.conv1.conv.0.weight', 1);
    const given = frame.shuffles ? weights.size('conv_final.weight', 0) / 4 : weights.size('unet2.conv_bottom.weight', 0);
    return {
      scale: frame.scale,
      channels: frame.folds ? planes / 4 : planes,
      given,
      // Channels are weighed by their means over the whole tile.
      radius: null,
      // What mirroring needs.
      smallest: frame.margin + frame.multiple,
      traits: frame.folds ? 'fast' : weights.has('pro') ? 'pro' : `${frame.scale}x`,
      build: (graph, image) => {
        const layers = new Layers(graph, weights);
        const isPro = weights.has('pro');
        weights.ignore(/^pro$/);
        const source = isPro ? graph.add(graph.mul(image, 0.7), 0.15) : image;
        const { margin, multiple, scale } = frame;
        const after = graph.node('Add', [missingTo(graph, sizeOf(graph, source), multiple), graph.integers(margin)]);
        const pads = graph.concat([graph.integers(0, 0, margin, margin, 0, 0), after], 0);
        const padded = graph.node('Pad', [source, pads], { mode: 'reflect' });
        const first = firstNetwork(layers, frame.folds ? graph.pixelUnshuffle(padded, 2, planes / 4) : padded, frame.stride);
        const corrected = graph.add(secondNetwork(layers, first), cropped(layers, first, 20));
        const result = frame.shuffles ? shuffled(layers, corrected, source, scale) : cropLike(graph, corrected, image, scale);
        return isPro ? graph.mul(graph.sub(result, 0.15), 1 / 0.7) : result;
      },
    };
  },
};

function frameOf(weights: Weights): Frame {
  if (weights.has('conv_final.weight')) {
    const folds = weights.size('unet1.conv1.conv.0.weight', 1) === weights.size('conv_final.weight', 0);
    return { scale: folds ? 2 : 4, margin: folds ? 38 : 19, multiple: folds ? 4 : 2, stride: 2, shuffles: true, folds };
  }
  const isThree = weights.size('unet1.conv_bottom.weight', 2) === 5;
  const [scale, margin, multiple] = isThree ? [3, 14, 4] : [2, 18, 2];
  return { scale, margin, multiple, stride: scale, shuffles: false, folds: false };
}

const cropped = ({ graph }: Layers, x: string, margin: number): string => graph.slice(x, [margin, margin], [-margin, -margin], [2, 3]);

function shuffled(layers: Layers, x: string, source: string, scale: number): string {
  const { graph, weights } = layers;
  const planes = weights.size('conv_final.weight', 0);
  const picture = graph.depthToSpace(cropped(layers, valid(layers, x, 'conv_final'), 1), shuffleScale(planes, planes / 4));
  return graph.add(cropLike(graph, picture, source, scale), graph.resizeNearest(source, scale));
}

/** A convolution without padding. */
const valid = (layers: Layers, x: string, name: string, stride = 1): string => layers.conv(x, name, { stride, pads: [0, 0, 0, 0] });

const active = (layers: Layers, x: string): string => layers.graph.leakyRelu(x, 0.1);

function up(layers: Layers, x: string, name: string, stride = 2, pad = 0): string {
  const { graph, weights } = layers;
  const bias = weights.optionalList(`${name}.bias`);
  return graph.deconv(x, name, weights.tensor(`${name}.weight`, 4), bias, { stride, pads: [pad, pad, pad, pad] });
}

/** Two convolutions, whose channels are weighed where the file says how. */
function pair(layers: Layers, x: string, name: string): string {
  const inner = active(layers, valid(layers, active(layers, valid(layers, x, `${name}.conv.0`)), `${name}.conv.2`));
  if (!layers.weights.has(`${name}.seblock.conv1.weight`)) return inner;
  return channelWeighing(layers, inner, `${name}.seblock.conv1`, `${name}.seblock.conv2`);
}

function firstNetwork(layers: Layers, x: string, stride: number): string {
  const { graph } = layers;
  const wide = pair(layers, x, 'unet1.conv1');
  const low = pair(layers, active(layers, valid(layers, wide, 'unet1.conv1_down', 2)), 'unet1.conv2');
  const both = graph.add(cropped(layers, wide, 4), active(layers, up(layers, low, 'unet1.conv2_up')));
  return up(layers, active(layers, valid(layers, both, 'unet1.conv3')), 'unet1.conv_bottom', stride, stride === 3 ? 2 : 3);
}

function secondNetwork(layers: Layers, x: string): string {
  const { graph } = layers;
  const wide = pair(layers, x, 'unet2.conv1');
  const middle = pair(layers, active(layers, valid(layers, wide, 'unet2.conv1_down', 2)), 'unet2.conv2');
  const low = pair(layers, active(layers, valid(layers, middle, 'unet2.conv2_down', 2)), 'unet2.conv3');
  const joined = graph.add(cropped(layers, middle, 4), active(layers, up(layers, low, 'unet2.conv3_up')));
  const risen = active(layers, up(layers, pair(layers, joined, 'unet2.conv4'), 'unet2.conv4_up'));
  const last = active(layers, valid(layers, graph.add(cropped(layers, wide, 16), risen), 'unet2.conv5'));
  return valid(layers, last, 'unet2.conv_bottom');
}
