import { GraphBuilder } from './graph/builder.ts';
import type { Graph } from './graph/graph.ts';
import { pruned } from './graph/rewrite.ts';
import { floats, tensorKinds } from './graph/tensor.ts';
import { ranges, type Fitting, type SourceNetwork } from './source-network.ts';

/** Names and layout of every graph that is written; see `tensors` in the manifest. */
export const tensors = { input: 'image', output: 'enlarged', layout: 'nhwc' } as const;

/**
 * The graph as the engine runs it: `image` [1, height, width, 3] → `enlarged` [1, s height, s width, 3], RGB; either uint8,
 * rounded and clipped, or float32 0…1. What the network eats is added around the picture by repeating its border, and sizes
 * that it does not take are filled up and cut off again. A network for grey pictures is given the luma, and what it makes of that takes
 * the colours of the enlarged picture; one that knows opacity is given an opaque picture.
 */
export function fitted(network: SourceNetwork, fitting: Fitting, samples: 'uint8' | 'float32'): Graph {
  const b = new GraphBuilder(network.graph.name);
  const image = b.input(tensors.input, [1, 'height', 'width', 3], samples);
  b.reserve(tensors.output);
  const planes = b.transpose(image, [0, 3, 1, 2], 'image.planes');
  const unit = samples === 'uint8' ? b.mul(b.cast(planes, tensorKinds.float32.onnx, 'image.float'), 1 / 255, 'image.unit') : planes;

  const { range, scale } = fitting;
  const picture = forNetwork(b, unit, network);
  const padded = enlargedFrame(b, picture, fitting);
  const answer = embedded(b, network, toRange(b, padded.value, range));
  const cut = padded.cut(toUnit(b, answer, range));
  const whole = inColour(
    b,
    unit,
    fitting.isResidual ? b.add(cut, b.resizeNearest(picture, scale, 'image.repeated'), 'residual.sum') : cut,
    network,
    scale,
  );

  const result = samples === 'uint8' ? rounded(b, whole) : whole;
  const pixels = b.transpose(result, [0, 2, 3, 1], 'enlarged.pixels');
  b.output(tensors.output, pixels, [1, 'enlarged_height', 'enlarged_width', 3], samples);
  return pruned({ ...b.finish(), opset: network.graph.opset });
}

/** How bright red, green and blue are (ITU-R BT.601). */
const brightness = floats([1, 3, 1, 1], [0.299, 0.587, 0.114]);

const luma = (b: GraphBuilder, x: string, name: string): string => b.conv(x, name, brightness);

/** The planes that the network takes, of RGB [1, 3, H, W]. */
function forNetwork(b: GraphBuilder, unit: string, { planes }: SourceNetwork): string {
  if (planes?.taken === 1) return luma(b, unit, 'image.luma');
  if (planes?.taken !== 4) return unit;
  const first = b.slice(unit, [0], [1], [1]);
  return b.concat([unit, b.add(b.mul(first, 0), 1, 'image.opaque')], 1, 'image.planes.opaque');
}

/** RGB of the planes that the network gives. */
function inColour(b: GraphBuilder, unit: string, answer: string, { planes }: SourceNetwork, scale: number): string {
  if (planes === undefined || planes.given === 3) return answer;
  if (planes.given === 4) return b.slice(answer, [0], [3], [1], undefined, 'answer.colours');
  const colours = scale === 1 ? unit : b.resizeCubic(unit, scale, 'image.enlarged');
  return b.add(b.sub(colours, luma(b, colours, 'image.enlarged.luma')), answer, 'answer.coloured');
}

/** Nearest of 256 levels; the cast drops the fraction. */
function rounded(b: GraphBuilder, x: string): string {
  const levels = b.clip(b.add(b.mul(x, 255, 'enlarged.scaled'), 0.5, 'enlarged.rounding'), 0, 255, 'enlarged.clipped');
  return b.cast(levels, tensorKinds.uint8.onnx, 'enlarged.bytes');
}

function toRange(b: GraphBuilder, x: string, range: Fitting['range']): string {
  const { factor, offset } = ranges[range];
  const scaled = factor === 1 ? x : b.mul(x, factor, 'image.scaled');
  return offset === 0 ? scaled : b.add(scaled, offset, 'image.shifted');
}

function toUnit(b: GraphBuilder, x: string, range: Fitting['range']): string {
  const { factor, offset } = ranges[range];
  const shifted = offset === 0 ? x : b.sub(x, offset, 'answer.shifted');
  return factor === 1 ? shifted : b.mul(shifted, 1 / factor, 'answer.unit');
}

interface Frame {
  readonly value: string;
  /** The part of the answer that belongs to the picture. */
  readonly cut: (answer: string) => string;
}

function enlargedFrame(b: GraphBuilder, x: string, { scale, loss, multiple, remainder }: Fitting): Frame {
  const margin = Math.ceil(loss / 2 / scale);
  const first = scale * margin - loss / 2;
  if (margin === 0 && multiple === 1) return { value: x, cut: (answer) => answer };
  if (multiple === 1) {
    const value = b.pad(x, [0, 0, margin, margin, 0, 0, margin, margin], 'edge', 'image.padded');
    return { value, cut: (answer) => (first === 0 ? answer : b.slice(answer, [first, first], [-first, -first], [2, 3])) };
  }
  const size = b.slice(b.shape(x, 'image.shape'), [2], [4], [0], undefined, 'image.size');
  // (remainder - size - 2 margin) mod multiple, never negative.
  const least = b.integers((((remainder - 2 * margin) % multiple) + multiple) % multiple);
  const filling = b.node('Mod', [b.sub(least, size), b.integers(multiple)], {}, { name: 'image.filling' });
  const after = b.add(filling, b.integers(margin), 'image.after');
  const pads = b.concat([b.integers(0, 0, margin, margin, 0, 0), after], 0, 'image.pads');
  const value = b.node('Pad', [x, pads], { mode: 'edge' }, { name: 'image.padded' });
  const start = b.integers(first, first);
  return {
    value,
    cut: (answer) => {
      const end = b.add(b.mul(size, b.integers(scale)), start, 'answer.end');
      return b.node('Slice', [answer, start, end, b.integers(2, 3)], {}, { name: 'answer.cut' });
    },
  };
}

/** The network inside the graph that is being built, on a picture [1, 3, height, width]; its answer in the same form. */
function embedded(b: GraphBuilder, { graph, layout }: SourceNetwork, picture: string): string {
  const [input] = graph.inputs;
  const [output] = graph.outputs;
  if (input === undefined || output === undefined) throw new Error('a network has an input and an output');
  const turned = layout === 'nhwc' ? b.transpose(picture, [0, 2, 3, 1], 'picture.pixels') : picture;
  // A cast drops the fraction.
  const whole = input.kind === 'uint8' ? b.node('Round', [turned], {}, { name: 'picture.rounded' }) : turned;
  const typed = input.kind === 'float32' ? whole : b.cast(whole, tensorKinds[input.kind].onnx, 'picture.cast');
  const value = b.include(graph, new Map([[input.name, typed]])).get(output.name) ?? '';
  const real = output.kind === 'float32' ? value : b.cast(value, tensorKinds.float32.onnx, 'answer.float');
  return layout === 'nhwc' ? b.transpose(real, [0, 3, 1, 2], 'answer.planes') : real;
}
