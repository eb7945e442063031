import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { OneStepManifest } from '../../../shared/manifest.ts';
import { throwIfCancelled } from '../../../shared/problem.ts';
import { enlargedPart, floatRowsOf, sourcePart, type FloatRows } from '../../image/float-rows.ts';
import type { Pixels, Rectangle, Samples } from '../../image/pixels.ts';
import { maximum, newSamples } from '../../image/samples.ts';
import { StripFile } from '../../tiff/strip-file.ts';
import { enlarged, grown } from '../../image/window-pixels.ts';
import type { UsableModel } from '../../runtime/model.ts';
import { planFixedTiles } from '../../tiles/fixed.ts';
import type { KindRun, ModelOfKind } from '../kind.ts';
import { adain, waveletFixed } from './colour-fix.ts';
import { heldTo } from './fidelity.ts';
import { openStages, planes } from './session.ts';
import { runOneStepTiles, type TileStatistics } from './tiles.ts';

/**
 * Models that enlarge by one step of diffusion: x_L is the photo enlarged (bicubic); tile by tile z_L = E(x_L), ẑ_H by the step,
 * x̂ = D(ẑ_H); tiles are blended, and the whole gets the colours of x_L back. Two passes, because that needs the statistics of the
 * whole: the blended tiles wait in a file of 16 bits.
 *
 * A region is computed with those tiles of the whole photo that it depends on, so it is what the whole run gives there, with one
 * exception: AdaIN takes the statistics, of x̂ and of x_L alike, over the tiles that were computed and not over the whole photo.
 */
export function oneStep({ id, folder, manifest }: UsableModel<OneStepManifest>): ModelOfKind {
  const { scale, diffusion, graphs, weights, selfTest } = manifest;
  return {
    id,
    folder,
    weights,
    selfTest,
    ways: graphs.map((graph) => ({
      precision: graph.precision,
      files: [graph.encoder, graph.unet, graph.pixelUnet, graph.decoder].filter((file) => file !== null && file !== undefined),
      format: planes,
      open: (request) => openStages(request, graph, manifest),
    })),
    defaultConstants: {},
    scale,
    tileScale: 1,
    fixedTiles: true,
    // A tile that touches the part may begin nearly a tile before it; two pixels more for the bicubic enlargement.
    reach: Math.ceil((diffusion.tile + finishingHalo(manifest)) / scale) + 2,
    scratchBytes: ({ width, height }, channels) => width * height * channels * 2,
    constants: () => ({}),
    enlarge: (source, run) => enlarge(source, manifest, run),
  };
}

/** Pixels around a part of the enlarged photo that mending its colours and holding it to the source look at. */
function finishingHalo({ scale, diffusion }: OneStepManifest): number {
  // The wavelet's five levels reach 1 + 2 + 4 + 8 + 16; `fidelity` two source pixels beyond the one that is cut.
  return (diffusion.colourFix === 'wavelet' ? 31 : 0) + 3 * scale;
}

async function enlarge(source: Pixels, manifest: OneStepManifest, run: KindRun): Promise<void> {
  const { scale, diffusion } = manifest;
  const size = { width: source.width * scale, height: source.height * scale };
  const wanted = enlarged(run.region ?? { left: 0, top: 0, width: source.width, height: source.height }, scale);
  const plan = planFixedTiles(size, diffusion.tile, diffusion.overlap, grown(wanted, finishingHalo(manifest), size));
  const { covered } = plan;
  const blended = await StripFile.create(join(run.scratch, 'tiles.tif'), {
    width: covered.width,
    height: covered.height,
    channels: source.channels,
    bits: 16,
  });
  try {
    const statistics = await runOneStepTiles(source, { ...run, manifest, plan, blended });
    const finished = finishedRows(source, { blended, covered, statistics, manifest, fidelity: run.dials.fidelity ?? 0 });
    const place = { ...wanted, left: wanted.left - covered.left, top: wanted.top - covered.top };
    await writeRows(finished, place, source.bits, run);
  } finally {
    await blended.close();
    await rm(blended.path, { force: true });
  }
}

interface Blended {
  readonly blended: StripFile;
  readonly covered: Rectangle;
  readonly statistics: TileStatistics;
  readonly manifest: OneStepManifest;
  readonly fidelity: number;
}

/** The blended tiles with their colours mended and as close to the photo as was asked for. */
function finishedRows(source: Pixels, { blended, covered, statistics, manifest, fidelity }: Blended): FloatRows {
  const { scale, diffusion } = manifest;
  const made = floatRowsOf(blended);
  const fixed = {
    adain: () => adain(made, statistics.made, statistics.wanted),
    wavelet: () => waveletFixed(made, enlargedPart(source, scale, covered)),
    none: () => made,
  }[diffusion.colourFix]();
  return fidelity === 0 ? fixed : heldTo(sourcePart(source, scale, covered), fixed, scale, fidelity);
}

/** About so many pixels are finished at once: several copies of them are held as floats. */
const pixelsAtOnce = 2 ** 18;
/** Fewer rows would mostly compute what lies around them. */
const fewestRows = 64;

async function writeRows(finished: FloatRows, place: Rectangle, bits: 8 | 16, { sink, signal }: KindRun): Promise<void> {
  const atOnce = Math.max(fewestRows, Math.floor(pixelsAtOnce / finished.width));
  const end = place.top + place.height;
  for (let top = place.top; top < end; top += atOnce) {
    await setImmediate();
    throwIfCancelled(signal);
    const rows = Math.min(atOnce, end - top);
    await sink(levelsOf(await finished.readRows(top, rows), finished, place, bits));
  }
}

/** The columns of `place`, rounded and clipped. */
function levelsOf(values: Float32Array, { width, channels }: FloatRows, place: Rectangle, bits: 8 | 16): Samples {
  const full = maximum(bits);
  const rows = values.length / (width * channels);
  const length = place.width * channels;
  const levels = newSamples(bits, rows * length);
  for (let y = 0, to = 0; y < rows; y += 1) {
    const from = (y * width + place.left) * channels;
    for (let at = from; at < from + length; at += 1, to += 1) {
      const level = values[at]! * full;
      levels[to] = level <= 0 ? 0 : level >= full ? full : level + 0.5;
    }
  }
  return levels;
}
