import { Problem } from '../../shared/problem.ts';
import { sentence } from '../../shared/sentence.ts';
import type { GraphBuilder } from '../graph/builder.ts';
import type { Weights } from './weights.ts';

/** A kind of network: how its weights are recognised, and how it computes. */
export interface Architecture {
  readonly id: string;
  /** Its name, as people who share models write it. */
  readonly label: string;
  /** The network that these weights make, by the names and shapes alone; null where they make none of this kind. */
  recognise(weights: Weights): Network | null;
}

/** A network with all that can be said about it before it runs. */
export interface Network {
  /** Result pixels per source pixel along one side. */
  readonly scale: number;
  /** Planes of the picture that it takes. */
  readonly channels: number;
  /** Planes of the picture that it gives; as many as it takes where nothing is said. */
  readonly given?: number;
  /** Of networks that make faces anew: they take and give squares of so many pixels a side, −1…1. */
  readonly face?: { readonly side: number };
  /** Source pixels on each side that a result pixel depends on; null where it depends on the whole tile. */
  readonly radius: number | null;
  /** The fewest rows and columns that it can compute. */
  readonly smallest: number;
  /** What distinguishes it from others of its kind, for the model's card: `64 channels, 23 blocks`. */
  readonly traits: string;
  /**
   * Appends the network to a graph; any size of picture is good that has `smallest` rows and columns.
   * @param image [1, channels, H, W], 0…1, or as `face` says
   * @returns [1, given, H scale, W scale], about in the range of the image, not clipped
   * @throws Problem unsupported-model where a tensor is missing
   */
  build(graph: GraphBuilder, image: string): Promise<string> | string;
}

/** The integer s of `planes` = `channels` s², which pixel shuffling spreads over s × s pixels; 0 where there is none. */
export function shuffleScale(planes: number, channels: number): number {
  const scale = Math.round(Math.sqrt(planes / channels));
  return scale ** 2 * channels === planes ? scale : 0;
}

/** `whole` / `parts`. @throws Problem unsupported-model where that is no whole number: heads and groups are of equal size */
export function evenly(whole: number, parts: number): number {
  const size = whole / parts;
  if (Number.isInteger(size) && size > 0) return size;
  throw new Problem('unsupported-model', sentence('import.unevenly', { whole, parts }));
}
