import type { PixelStore } from './pixel-store.ts';
import { newSamples } from './samples.ts';
import type { Samples } from './pixels.ts';

/** Rows held in memory at once. */
const chunkRows = 64;
const unreached = 65_535;
/** Chamfer 3-4 distances: Borgefors, "Distance transformations in digital images", 1986. */
const straight = 3;
const diagonal = 4;

/**
 * Gives fully transparent pixels of `colour` the colour of about the nearest pixel that is not, in place, so that
 * enlarging does not mix in what lies hidden under transparency. Two passes over the rows (a chamfer distance transform
 * that carries the colour along) with two rows in memory; `distances` is scratch space: 1 channel, 16 bit, same size.
 */
export async function bleed(colour: PixelStore, alpha: PixelStore, distances: PixelStore): Promise<void> {
  const { width, height, channels } = colour;
  let above: { distance: Samples; colour: Samples } | undefined;

  /** One row: from the row before (in the direction of the pass) and from the neighbour before in the row. */
  const sweep = (distance: Samples, samples: Samples, forward: boolean): void => {
    const step = forward ? 1 : -1;
    for (let x = forward ? 0 : width - 1; x >= 0 && x < width; x += step) {
      let best = distance[x]!;
      if (best === 0) continue;
      let from: Samples | undefined;
      let fromX = 0;
      const consider = (row: Samples | undefined, rowColour: Samples | undefined, atX: number, cost: number): void => {
        if (row === undefined || atX < 0 || atX >= width) return;
        const candidate = (row[atX] ?? unreached) + cost;
        if (candidate < best) {
          best = candidate;
          from = rowColour;
          fromX = atX;
        }
      };
      consider(distance, samples, x - step, straight);
      consider(above?.distance, above?.colour, x, straight);
      consider(above?.distance, above?.colour, x - 1, diagonal);
      consider(above?.distance, above?.colour, x + 1, diagonal);
      if (from === undefined) continue;
      distance[x] = best;
      for (let c = 0; c < channels; c++) samples[x * channels + c] = from[fromX * channels + c]!;
    }
  };

  const pass = async (forward: boolean): Promise<void> => {
    above = undefined;
    const chunks = Math.ceil(height / chunkRows);
    for (let index = 0; index < chunks; index++) {
      const top = (forward ? index : chunks - 1 - index) * chunkRows;
      const rows = Math.min(chunkRows, height - top);
      const samples = await colour.readRows(top, rows);
      const distance = forward ? seeds(await alpha.readRows(top, rows)) : await distances.readRows(top, rows);
      for (let i = 0; i < rows; i++) {
        const y = forward ? i : rows - 1 - i;
        const rowDistance = distance.subarray(y * width, (y + 1) * width);
        const rowColour = samples.subarray(y * width * channels, (y + 1) * width * channels);
        sweep(rowDistance, rowColour, forward);
        above = { distance: rowDistance, colour: rowColour };
      }
      await colour.writeRows(top, samples);
      if (forward) await distances.writeRows(top, distance);
    }
  };

  await pass(true);
  await pass(false);
}

function seeds(alpha: Samples): Samples {
  const distance = newSamples(16, alpha.length);
  for (let i = 0; i < alpha.length; i++) distance[i] = alpha[i] === 0 ? unreached : 0;
  return distance;
}
