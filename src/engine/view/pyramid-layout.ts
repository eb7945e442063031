import type { Pyramid } from '../../shared/engine-protocol.ts';
import { tileSide } from '../../shared/photo-addresses.ts';
import { ownLayout, type TiffTypeName } from '../tiff/types.ts';
import { bytesEntry, numbersEntry, type TiffEntry } from '../tiff/write.ts';
import { tilesOf } from './levels.ts';

/** What the samples of a pyramid are. */
export interface TileSamples {
  readonly channels: number;
  readonly alpha: boolean;
}

const headerBytes = 16;

export const tileBytes = ({ channels }: TileSamples): number => tileSide * tileSide * channels;

/** Where the tiles of each level begin in the file: one level after the other, the largest first. */
export function levelStarts({ levels }: Pyramid, samples: TileSamples): number[] {
  let next = headerBytes;
  return levels
    .toReversed()
    .map((level) => {
      const start = next;
      const { columns, rows } = tilesOf(level);
      next += columns * rows * tileBytes(samples);
      return start;
    })
    .toReversed();
}

/** Where the last level's tiles end and the directories begin (even, as TIFF asks for). */
export function directoriesStart(pyramid: Pyramid, samples: TileSamples): number {
  const bytes = pyramid.levels.reduce((sum, level) => {
    const { columns, rows } = tilesOf(level);
    return sum + columns * rows * tileBytes(samples);
  }, headerBytes);
  return bytes + (bytes % 2);
}

/** The tags of one level (TIFF 6.0 §15; unassociated alpha §18; SubIFDs: TIFF Technical Note 1). */
export function levelEntries(level: {
  width: number;
  height: number;
  samples: TileSamples;
  start: number;
  /** Positions of the smaller levels' directories; null in their own. */
  smaller: readonly number[] | null;
  profile: Uint8Array | null;
}): TiffEntry[] {
  const { width, height, samples, start, smaller, profile } = level;
  const { columns, rows } = tilesOf(level);
  const tiles = Array.from({ length: columns * rows }, (_, index) => index);
  const perSample = (value: number): number[] => Array.from({ length: samples.channels }, () => value);
  const entry = (tag: number, type: TiffTypeName, values: readonly number[]): TiffEntry =>
    numbersEntry(tag, type, values, ownLayout.littleEndian);
  return [
    entry(254, 'long', [smaller === null ? 1 : 0]),
    entry(256, 'long', [width]),
    entry(257, 'long', [height]),
    entry(258, 'short', perSample(8)),
    entry(259, 'short', [1]),
    entry(262, 'short', [samples.channels >= 3 ? 2 : 1]),
    entry(277, 'short', [samples.channels]),
    entry(284, 'short', [1]),
    entry(322, 'long', [tileSide]),
    entry(323, 'long', [tileSide]),
    entry(
      324,
      'long8',
      tiles.map((index) => start + index * tileBytes(samples)),
    ),
    entry(
      325,
      'long',
      tiles.map(() => tileBytes(samples)),
    ),
    ...(smaller !== null && smaller.length > 0 ? [entry(330, 'ifd8', smaller)] : []),
    ...(samples.alpha ? [entry(338, 'short', [2])] : []),
    entry(339, 'short', perSample(1)),
    ...(profile === null ? [] : [bytesEntry(34_675, 'undefined', profile)]),
  ];
}
