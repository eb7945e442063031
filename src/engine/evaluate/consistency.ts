import type { Picture, Watch } from './picture.ts';
import { psnrY } from './psnr.ts';
import { reduced } from './reduced.ts';

interface Size {
  readonly width: number;
  readonly height: number;
}

/** Whether a picture of this size can be an enlargement of the whole source: sides are rounded to whole pixels. */
export const isEnlargementOf = (result: Size, source: Size): boolean =>
  result.width >= source.width &&
  result.height >= source.height &&
  Math.abs(result.width * source.height - result.height * source.width) <= source.width + source.height;

/**
 * LR-consistency: how much of the source is left in its enlargement. {@link psnrY} between the result, reduced to the source's size
 * as Pillow's bicubic filter does it, and the source, in dB.
 */
export const consistency = async (result: Picture, source: Picture, watch: Watch = {}): Promise<number> =>
  psnrY(reduced(result, source), source, watch);
