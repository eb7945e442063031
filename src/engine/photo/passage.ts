import { isColourless, withoutColour } from '../image/colourless.ts';
import type { Pixels, Samples } from '../image/pixels.ts';
import type { Photo } from './open.ts';
import type { Tone } from './tone.ts';

/** How a photo goes through models. */
export interface Passage {
  /** What the first one is given. */
  readonly pixels: Pixels;
  /** What becomes of finished rows of the last one, in place. */
  readonly finish: (rows: Samples) => Samples;
}

/**
 * Models know values as sRGB has them: others are given so, and taken back. What has no colour keeps none: models make some up at
 * edges and in halftones.
 */
export async function passageOf({ pixels, tone }: Pick<Photo, 'pixels' | 'tone'>): Promise<Passage> {
  const colourless = await isColourless(pixels);
  const neutral = (rows: Samples): Samples => (colourless ? withoutColour(rows) : rows);
  if (tone === null) return { pixels, finish: neutral };
  return {
    pixels: { ...shapeOf(pixels), readRows: async (top, rows) => through(await pixels.readRows(top, rows), tone.seen) },
    finish: (rows) => through(neutral(rows), tone.stored),
  };
}

const shapeOf = ({ width, height, channels, bits }: Pixels): Omit<Pixels, 'readRows'> => ({ width, height, channels, bits });

function through(rows: Samples, tables: Tone['seen']): Samples {
  tables.forEach((levels, channel) => {
    for (let at = channel; at < rows.length; at += tables.length) rows[at] = levels[rows[at]!]!;
  });
  return rows;
}
