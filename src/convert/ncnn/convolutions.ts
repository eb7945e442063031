import { sentence } from '../../shared/sentence.ts';
import type { Convolution } from '../graph/builder.ts';
import { floats, type Tensor } from '../graph/tensor.ts';
import { activated } from './activations.ts';
import { numberOf } from './param.ts';
import type { Blob, Translation } from './translation.ts';

/** More channels than any picture network has; what a damaged file claims is refused before it is multiplied. */
const mostChannels = 65_536;
/** Kernels have at most so many rows and columns. */
const largestKernel = 64;
/** ncnn's marks for "same" padding, with the odd pixel after or before. */
const [sameUpper, sameLower] = [-233, -234];

type Pair = [number, number];

/** What a convolution may ask for and is refused, by parameter. */
const refused = [
  [18, sentence('import.why.paddedValue')],
  [8, sentence('import.why.eightBitWeights')],
  [19, sentence('import.why.borrowedWeights')],
] as const;

interface Geometry extends Convolution {
  readonly out: number;
  readonly groups: number;
  readonly kernel: Readonly<Pair>;
}

/** Output channels, kernel, strides and padding of a layer, each within reason. */
function geometryOf(translation: Translation): Geometry {
  const {
    layer,
    inputs: [x],
    refuse,
  } = translation;
  const out = numberOf(layer, 0);
  const groups = layer.type.endsWith('DepthWise') ? numberOf(layer, 7, 1) : 1;
  const columns = numberOf(layer, 1);
  const pair = (across: number, down: number, missing: number): Pair => {
    const first = numberOf(layer, across, missing);
    return [numberOf(layer, down, first), first];
  };
  const [kernel, dilation, stride] = [pair(1, 11, columns), pair(2, 12, 1), pair(3, 13, 1)];
  const isWithin = (value: number, most: number): boolean => Number.isInteger(value) && value >= 1 && value <= most;
  if (!isWithin(out, mostChannels)) throw refuse(sentence('import.why.channelCount', { count: out }));
  if (![...kernel, ...dilation, ...stride].every((value) => isWithin(value, largestKernel))) throw refuse(sentence('import.why.noKernel'));
  if (!isWithin(groups, out) || out % groups !== 0 || (x?.channels ?? 0) % groups !== 0) throw refuse(sentence('import.why.groupChannels'));
  const pads = padsOf(translation, kernel, dilation, stride);
  if (!pads.every((pad) => Number.isInteger(pad) && pad >= 0 && pad <= largestKernel)) throw refuse(sentence('import.why.noPadding'));
  for (const [id, why] of refused) {
    if (numberOf(layer, id) !== 0) throw refuse(why);
  }
  return { out, groups, kernel, dilation, stride, pads };
}

/** Top, left, bottom and right. */
function padsOf({ layer, refuse }: Translation, kernel: Pair, dilation: Pair, stride: Pair): [number, number, number, number] {
  const left = numberOf(layer, 4);
  const top = numberOf(layer, 14, left);
  if (left !== sameUpper && left !== sameLower) return [top, left, numberOf(layer, 16, top), numberOf(layer, 15, left)];
  if (stride.some((step) => step !== 1)) throw refuse(sentence('import.why.sameAtStride'));
  const [down, across] = [(kernel[0] - 1) * dilation[0], (kernel[1] - 1) * dilation[1]];
  const [halfDown, halfAcross] = [Math.floor(down / 2), Math.floor(across / 2)];
  const [restDown, restAcross] = [down - halfDown, across - halfAcross];
  return left === sameUpper ? [halfDown, halfAcross, restDown, restAcross] : [restDown, restAcross, halfDown, halfAcross];
}

export function convolution(translation: Translation): Blob[] {
  const { builder, inputs, layer } = translation;
  const { out, groups, kernel, ...options } = geometryOf(translation);
  const x = inputs[0] ?? none(translation);
  const weight = readWeight(translation, [out, x.channels / groups, ...kernel]);
  const result = builder.conv(x.value, layer.name, weight, readBias(translation, out, 5), { ...options, groups });
  return [{ value: activated(translation, result), channels: out, isVector: false }];
}

export function deconvolution(translation: Translation): Blob[] {
  const { builder, inputs, layer, refuse } = translation;
  const { out, groups, kernel, ...options } = geometryOf(translation);
  if ([18, 19, 20, 21].some((id) => numberOf(layer, id) > 0)) throw refuse(sentence('import.why.givenSize'));
  const x = inputs[0] ?? none(translation);
  const [outs, ins] = [out / groups, x.channels / groups];
  const stored = readWeight(translation, [groups, outs, ins, ...kernel]);
  const weight = floats([x.channels, outs, ...kernel], exchanged(stored, groups, outs, ins, kernel[0] * kernel[1]));
  const result = builder.deconv(x.value, layer.name, weight, readBias(translation, out, 5), { ...options, groups });
  return [{ value: activated(translation, result), channels: out, isVector: false }];
}

/** A full connection of vectors: a convolution of one pixel. */
export function innerProduct(translation: Translation): Blob[] {
  const { builder, inputs, layer, refuse } = translation;
  const x = inputs[0] ?? none(translation);
  const out = numberOf(layer, 0);
  if (!x.isVector) throw refuse(sentence('import.why.fullConnection'));
  if (!Number.isInteger(out) || out < 1 || out > mostChannels) throw refuse(sentence('import.why.channelCount', { count: out }));
  if (numberOf(layer, 8) !== 0) throw refuse(sentence('import.why.eightBitWeights'));
  const weight = readWeight(translation, [out, x.channels, 1, 1], 2);
  const result = builder.conv(x.value, layer.name, weight, readBias(translation, out, 1));
  return [{ value: activated(translation, result), channels: out, isVector: true }];
}

/** @param sizeId the parameter that repeats the number of weights */
function readWeight({ layer, weights, refuse }: Translation, dims: readonly number[], sizeId = 6): Tensor {
  const count = dims.reduce((product, size) => product * size, 1);
  if (numberOf(layer, sizeId) !== count) {
    throw refuse(sentence('import.why.weightCount', { claimed: numberOf(layer, sizeId), wanted: count }));
  }
  return floats(dims, weights.weights(count, layer.name));
}

const readBias = ({ layer, weights }: Translation, count: number, id: number): Tensor | null =>
  numberOf(layer, id) === 1 ? floats([count], weights.floats(count, layer.name)) : null;

/** [groups][out][in][kernel] → [groups][in][out][kernel]. */
function exchanged(stored: Tensor, groups: number, outs: number, ins: number, size: number): Float32Array {
  const from = new Float32Array((stored.bytes as Uint8Array<ArrayBuffer>).buffer);
  const result = new Float32Array(from.length);
  for (let group = 0; group < groups; group += 1) {
    for (let out = 0; out < outs; out += 1) {
      for (let input = 0; input < ins; input += 1) {
        const start = ((group * outs + out) * ins + input) * size;
        result.set(from.subarray(start, start + size), ((group * ins + input) * outs + out) * size);
      }
    }
  }
  return result;
}

function none({ refuse }: Translation): never {
  throw refuse(sentence('import.why.noInput'));
}
