import { sentence } from '../../shared/sentence.ts';
import { floats } from '../graph/tensor.ts';
import { activation, activationKinds } from './activations.ts';
import { convolution, deconvolution, innerProduct } from './convolutions.ts';
import { listOf, numberOf } from './param.ts';
import { crop, interp, padding, pooling, slice } from './shapes.ts';
import type { Blob, Translation } from './translation.ts';

type LayerKind = (translation: Translation) => Blob[];

/** The same shape, another value. */
const like = (blob: Blob | undefined, value: string): Blob[] => (blob === undefined ? [] : [{ ...blob, value }]);

const alias: LayerKind = ({ inputs, layer }) => layer.outputs.flatMap(() => inputs.slice(0, 1));

/** Every layer type that is understood (parameters: ncnn's documentation of operators), with what it becomes. */
export const layerKinds: Readonly<Record<string, LayerKind>> = {
  ...activationKinds,
  Convolution: convolution,
  ConvolutionDepthWise: convolution,
  Deconvolution: deconvolution,
  DeconvolutionDepthWise: deconvolution,
  InnerProduct: innerProduct,
  Interp: interp,
  Crop: crop,
  Padding: padding,
  Pooling: pooling,
  Slice: slice,
  Split: alias,
  Noop: alias,
  Dropout: alias,

  Flatten: ({ inputs, refuse }) => {
    if (inputs[0]?.isVector !== true) throw refuse(sentence('import.why.flattens'));
    return inputs.slice(0, 1);
  },

  Concat: ({ builder, inputs, layer, refuse }) => {
    if (numberOf(layer, 0) !== 0) throw refuse(sentence('import.why.joins'));
    const channels = inputs.reduce((sum, blob) => sum + blob.channels, 0);
    const value = builder.concat(
      inputs.map((blob) => blob.value),
      1,
      layer.name,
    );
    return [{ value, channels, isVector: inputs.every((blob) => blob.isVector) }];
  },

  PixelShuffle: ({ builder, inputs: [x], layer, refuse }) => {
    const scale = numberOf(layer, 0, 1);
    if (x === undefined || !isSmall(scale) || x.channels % scale ** 2 !== 0) throw refuse(sentence('import.why.pixelChannels'));
    const mode = numberOf(layer, 1) === 1 ? 'DCR' : 'CRD';
    const value = builder.node('DepthToSpace', [x.value], { blocksize: scale, mode }, { name: layer.name });
    return [{ value, channels: x.channels / scale ** 2, isVector: false }];
  },

  Reorg: ({ builder, inputs: [x], layer, refuse }) => {
    const scale = numberOf(layer, 0, 1);
    if (x === undefined || !isSmall(scale)) throw refuse(sentence('import.why.noStride'));
    const value =
      numberOf(layer, 1) === 1
        ? builder.node('SpaceToDepth', [x.value], { blocksize: scale }, { name: layer.name })
        : builder.pixelUnshuffle(x.value, scale, x.channels, layer.name);
    return [{ value, channels: x.channels * scale ** 2, isVector: false }];
  },

  BinaryOp: ({ builder, inputs: [a, b], layer, refuse }) => {
    const [op, swapped] = binaryOps[numberOf(layer, 0)] ?? [];
    if (a === undefined || op === undefined) throw refuse(sentence('import.why.operation', { code: numberOf(layer, 0) }));
    const right = numberOf(layer, 1) === 1 ? numberOf(layer, 2) : b?.value;
    if (right === undefined) throw refuse(sentence('import.why.oneInput'));
    const operands = swapped === true ? [right, a.value] : [a.value, right];
    const value = builder.node(op, operands, {}, { name: layer.name });
    // A vector spreads over a picture of as many channels.
    return like(a.isVector && b !== undefined ? b : a, value);
  },

  Eltwise: ({ builder, inputs, layer, refuse }) => {
    const op = ['Mul', 'Add', 'Max'][numberOf(layer, 0)];
    const factors = listOf(layer, 1);
    if (op === undefined || inputs.length < 2) throw refuse(sentence('import.why.operation', { code: numberOf(layer, 0) }));
    const terms = inputs.map(({ value }, index) => {
      const factor = op === 'Add' ? (factors[index] ?? 1) : 1;
      return factor === 1 ? value : builder.mul(value, factor, `${layer.name}.term${index}`);
    });
    const value = terms.reduce((sum, term, index) =>
      builder.node(op, [sum, term], {}, { name: last(index, terms) ? layer.name : undefined }),
    );
    return like(inputs[0], value);
  },

  Scale: ({ builder, inputs: [x, factors], layer, weights, refuse }) => {
    if (x === undefined) throw refuse(sentence('import.why.noInput'));
    const size = numberOf(layer, 0);
    if (size === -233 && factors !== undefined) return like(x, builder.mul(x.value, factors.value, layer.name));
    if (size !== x.channels) throw refuse(sentence('import.why.factors'));
    const perChannel = (): Float32Array => weights.floats(size, layer.name);
    const scaled = builder.mul(x.value, floats([size, 1, 1], perChannel()), layer.name);
    return like(x, numberOf(layer, 1) === 1 ? builder.add(scaled, floats([size, 1, 1], perChannel())) : scaled);
  },

  BatchNorm: ({ builder, inputs: [x], layer, weights, refuse }) => {
    const channels = numberOf(layer, 0);
    if (x?.channels !== channels) throw refuse(sentence('import.why.statistics'));
    const next = (): Float32Array => weights.floats(channels, layer.name);
    const [slope, mean, variance, bias] = [next(), next(), next(), next()];
    const factor = slope.map((value, index) => value / Math.sqrt(variance[index]! + numberOf(layer, 1)));
    const offset = bias.map((value, index) => value - mean[index]! * factor[index]!);
    const scaled = builder.mul(x.value, floats([channels, 1, 1], factor));
    return like(x, builder.add(scaled, floats([channels, 1, 1], offset), layer.name));
  },

  PReLU: ({ builder, inputs: [x], layer, weights, refuse }) => {
    const count = numberOf(layer, 0);
    if (x === undefined || (count !== 1 && count !== x.channels)) throw refuse(sentence('import.why.slopes'));
    return like(x, builder.prelu(x.value, layer.name, floats([count], weights.floats(count, layer.name))));
  },

  ReLU: ({ builder, inputs: [x], layer, refuse }) => {
    if (x === undefined) throw refuse(sentence('import.why.noInput'));
    return like(x, activation(builder, x.value, 2, [numberOf(layer, 0)], layer.name) ?? x.value);
  },
};

const last = (index: number, list: readonly unknown[]): boolean => index === list.length - 1;
const isSmall = (scale: number): boolean => Number.isInteger(scale) && scale >= 1 && scale <= 16;

/** ncnn's `op_type` → operator, and whether the operands are exchanged. */
const binaryOps: Readonly<Record<number, readonly [string, boolean?]>> = {
  0: ['Add'],
  1: ['Sub'],
  2: ['Mul'],
  3: ['Div'],
  4: ['Max'],
  5: ['Min'],
  6: ['Pow'],
  7: ['Sub', true],
  8: ['Div', true],
  9: ['Pow', true],
};
