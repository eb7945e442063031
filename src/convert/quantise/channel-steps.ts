import type { Graph } from '../graph/graph.ts';
import { asFloats } from '../graph/tensor.ts';
import type { Seen } from './observe.ts';
import type { ByteConv } from './plan.ts';

/** How far the peaks of channels are evened out: 0 not at all, 1 to one height, at which the weights that read them are the uneven ones. */
const evenness = 0.8;
/** How far channels that weigh much have finer steps. */
const weighing = 0.4;
/** What lies beyond all that was seen of a value: others lie further out. */
const room = 1.1;

export const withRoom = ({ least, most, mean }: Seen): Seen => ({
  least: least.map((value) => value * room),
  most: most.map((value) => value * room),
  mean,
});

/** Root of the squares of the weights that read each channel of a value. */
export function heightsOf(graph: Graph, convs: readonly ByteConv[], seen: ReadonlyMap<string, Seen>): Map<string, Float64Array> {
  const heights = new Map<string, Float64Array>();
  for (const { node, parts } of convs) {
    const tensor = graph.constants.get(node.inputs[1] ?? '');
    if (tensor === undefined) continue;
    const [, channels = 1, height = 1, width = 1] = tensor.dims;
    const squares = new Float64Array(channels);
    for (const [index, weight] of asFloats(tensor).entries()) squares[Math.floor(index / height / width) % channels]! += weight ** 2;
    let at = 0;
    for (const part of parts) {
      const count = seen.get(part)?.mean.length ?? 0;
      const sum = heights.get(part) ?? new Float64Array(count);
      for (let channel = 0; channel < count; channel += 1) sum[channel] = Math.hypot(sum[channel]!, Math.sqrt(squares[at + channel]!));
      heights.set(part, sum);
      at += count;
    }
  }
  return heights;
}

/** Peaks → steps, nearer to one another, and finer where what reads a channel makes much of it. */
export function evened(peaks: Float32Array, heights: Float64Array | undefined): Float32Array {
  const highest = peaks.reduce((most, peak) => Math.max(most, peak), 1e-7);
  const logs = Array.from(heights ?? [], (height) => Math.log(Math.max(1e-6, height)));
  const usual = logs.reduce((sum, log) => sum + log / logs.length, 0);
  return peaks.map((peak, channel) => {
    const weight = Math.exp(weighing * (usual - (logs[channel] ?? usual)));
    return Math.max(highest * 1e-4, peak) ** evenness * highest ** (1 - evenness) * weight;
  });
}
