import type { GraphBuilder } from '../graph/builder.ts';
import { floats } from '../graph/tensor.ts';

/** The mean colour of DIV2K, which networks of the EDSR line subtract. */
export const rgbMean = [0.4488, 0.4371, 0.404];

/** How a network wants its pictures: the mean subtracted in 0…1, then white at this value. */
interface Range {
  readonly white: number;
  readonly mean: readonly number[];
}

const perChannel = (mean: readonly number[]): ReturnType<typeof floats> => floats([1, mean.length, 1, 1], mean);

/** A picture in 0…1 as such a network wants it. */
export function inUnits(graph: GraphBuilder, image: string, { white, mean }: Range): string {
  const centred = mean.every((value) => value === 0) ? image : graph.sub(image, perChannel(mean));
  return white === 1 ? centred : graph.mul(centred, white);
}

/** The way back. */
export function fromUnits(graph: GraphBuilder, image: string, { white, mean }: Range): string {
  const centred = white === 1 ? image : graph.mul(image, 1 / white);
  return mean.every((value) => value === 0) ? centred : graph.add(centred, perChannel(mean));
}
