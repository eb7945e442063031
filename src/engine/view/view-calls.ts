import * as z from 'zod';
import type { EngineCalls } from '../../shared/engine-protocol.ts';
import { makePyramid, type PyramidWatch } from './pyramid.ts';
import { renderPicture, renderThumbnail } from './rendition.ts';
import { Tiles } from './tiles.ts';

type ViewCalls = Pick<EngineCalls, 'thumbnail' | 'cutTile' | 'picture'> & {
  pyramid(path: string, file: string, watch: PyramidWatch): ReturnType<EngineCalls['pyramid']>;
};

const path = z.string().min(1);
const edge = z.int().min(1).max(65_535);
const position = z.int().min(0).max(10_000_000);

/** The calls that show photos. What comes from another process is checked; a mistake in it is a bug there. */
export function createViewCalls(): ViewCalls {
  const tiles = new Tiles();
  return {
    thumbnail: async (...values) => renderThumbnail(...z.tuple([path, edge]).parse(values)),
    picture: async (...values) => renderPicture(...z.tuple([path, edge]).parse(values)),
    cutTile: async (...values) => tiles.cut(...z.tuple([path, position, position, position]).parse(values)),
    pyramid: async (photo, file, watch) => makePyramid(path.parse(photo), path.parse(file), watch),
  };
}
