import { setImmediate } from 'node:timers/promises';
import type { OneStepManifest } from '../../../shared/manifest.ts';
import { Problem, throwIfCancelled } from '../../../shared/problem.ts';
import { sentence } from '../../../shared/sentence.ts';
import { bicubicPart } from '../../image/bicubic.ts';
import type { Pixels, Samples } from '../../image/pixels.ts';
import { maximum, newSamples } from '../../image/samples.ts';
import { ChannelStatistics } from '../../image/statistics.ts';
import { columnsOf } from '../../image/window-pixels.ts';
import type { StripFile } from '../../tiff/strip-file.ts';
import { Blending } from '../../tiles/blend.ts';
import { cellOf, type FixedPlan } from '../../tiles/fixed.ts';
import { levelsFromGraph, toGraph } from '../../runtime/samples.ts';
import type { TileAside } from '../../runtime/way.ts';
import type { KindRun } from '../kind.ts';
import { planes } from './session.ts';

export interface OneStepTiles extends Pick<KindRun, 'inference' | 'dials' | 'signal' | 'onTile' | 'onStage'> {
  readonly manifest: OneStepManifest;
  readonly plan: FixedPlan;
  /** Of 16 bits and the size of what the plan covers: receives the tiles, put together and clipped. */
  readonly blended: StripFile;
}

/** Of everything that the plan covers: what the tiles came to, and the enlarged photo they were made of. */
export interface TileStatistics {
  readonly made: ChannelStatistics;
  readonly wanted: ChannelStatistics;
}

/**
 * Enlarges the photo (bicubic), and computes and blends every tile of the plan. Holds one row of tiles: enlarged, and as sums.
 * Throws `cancelled`, `not-enough-memory`, `wrong-output`.
 */
export async function runOneStepTiles(source: Pixels, run: OneStepTiles): Promise<TileStatistics> {
  const { manifest, plan, blended } = run;
  const { scale, diffusion } = manifest;
  const { tile, overlap, blend } = diffusion;
  const { covered } = plan;
  const full = maximum(source.bits);
  const { channels } = source;
  const blending = new Blending(plan, tile, overlap, channels, blend);
  const statistics = { made: new ChannelStatistics(channels), wanted: new ChannelStatistics(channels) };
  for (const [row, top] of plan.rows.entries()) {
    const height = Math.min(tile, source.height * scale - top);
    const strip = await bicubicPart(source, scale, { left: covered.left, top, width: covered.width, height });
    for (const [column, left] of plan.columns.entries()) {
      await setImmediate();
      throwIfCancelled(run.signal);
      const width = Math.min(tile, covered.width);
      const part = columnsOf(strip, covered.width * channels, (left - covered.left) * channels, width * channels);
      blending.add(await inferTile(source, run, mirrored(part, width, tile, source), left, top), column);
      run.onTile?.(cellOf(plan, column, row));
    }
    const rows = blending.finishRow(row, full);
    statistics.made.add(rows, full);
    statistics.wanted.add(strip.subarray(0, rows.length), full);
    await blended.append(in16Bits(rows, full));
  }
  await blended.finish();
  return statistics;
}

async function inferTile(source: Pixels, run: OneStepTiles, input: Samples, left: number, top: number): Promise<Float32Array> {
  const { manifest, inference, dials, signal, onStage } = run;
  const { scale, diffusion } = manifest;
  const { tile } = diffusion;
  const sourceTile = async (): Promise<Float32Array> => {
    const side = tile / scale;
    const [width, height] = [Math.min(side, source.width), Math.min(side, source.height)];
    const strip = await source.readRows(top / scale, height);
    const { channels, bits } = source;
    const columns = columnsOf(strip, source.width * channels, (left / scale) * channels, width * channels);
    const part = mirrored(columns, width, side, source);
    return toGraph(part, { channels, bits, ...planes }) as Float32Array;
  };
  const aside: TileAside = { dials, source: sourceTile, left, top, signal, onStage };
  const output = await inference.infer({ source, input, width: tile, height: tile, read: levelsFromGraph, aside });
  if (output !== 'smaller') return output;
  throw new Problem('not-enough-memory', sentence('memory.fixedTile', { model: manifest.name }), {
    advice: sentence('memory.fixedTile.advice'),
  });
}

/** A picture of `width` pixels a row filled up to a square by mirroring it with its edge, as often as it takes. */
function mirrored(part: Samples, width: number, side: number, { channels, bits }: Pixels): Samples {
  const height = part.length / (width * channels);
  if (width === side && height === side) return part;
  const square = newSamples(bits, side * side * channels);
  for (let y = 0, to = 0; y < side; y += 1) {
    const row = mirror(y, height) * width;
    for (let x = 0; x < side; x += 1) {
      const from = (row + mirror(x, width)) * channels;
      for (let channel = 0; channel < channels; channel += 1, to += 1) square[to] = part[from + channel]!;
    }
  }
  return square;
}

const mirror = (index: number, length: number): number => {
  const at = index % (2 * length);
  return at < length ? at : 2 * length - 1 - at;
};

function in16Bits(levels: Float32Array, full: number): Uint16Array {
  const result = new Uint16Array(levels.length);
  // Storing into an integer array drops the fraction.
  for (let at = 0; at < levels.length; at += 1) result[at] = (levels[at]! / full) * 65_535 + 0.5;
  return result;
}
