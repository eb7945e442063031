import { setImmediate } from 'node:timers/promises';
import { throwIfCancelled } from '../../shared/problem.ts';
import type { Photo } from '../photo/open.ts';
import { displayRows } from '../view/display-rows.ts';

/**
 * What metrics are measured on: 8 bits per sample as stored, in the photo's own colours, upright; grey (1 channel) or RGB (3).
 * 16-bit photos are rounded; transparency is left out.
 */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readRows(top: number, rows: number): Promise<Uint8Array>;
}

export const pictureOf = ({ pixels }: Pick<Photo, 'pixels'>): Picture => displayRows({ pixels, alpha: null });

export interface Band {
  readonly top: number;
  readonly rows: number;
}

/** Little enough that a cancellation is heard soon; memory grows with the width of the picture only. */
const bandPixels = 1 << 18;
const leastRows = 32;

/**
 * The rows of a picture in bands from top to bottom; each is worked on before the next one is given.
 * @param onProgress told 0…1 after each
 * @throws Problem cancelled
 */
export async function* bandsOf(
  { width, height }: Pick<Picture, 'width' | 'height'>,
  { signal, onProgress }: Watch,
  bandRows = Math.max(leastRows, Math.floor(bandPixels / width)),
): AsyncGenerator<Band, void, undefined> {
  for (let top = 0; top < height; top += bandRows) {
    // Rows in memory come without a pause in which a cancellation could be heard.
    await setImmediate();
    throwIfCancelled(signal);
    const rows = Math.min(bandRows, height - top);
    yield { top, rows };
    onProgress?.((top + rows) / height);
  }
}

export interface Watch {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((fraction: number) => void) | undefined;
}
