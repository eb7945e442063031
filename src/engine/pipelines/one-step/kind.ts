import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { OneStepManifest } from '../../shared/manifest.ts';
import { Problem, throwIfCancelled } from '../../shared/problem.ts';
import { enlargedPart, floatRowsOf, sourcePart, type FloatRows } from '../image/float-rows.ts';
import type { Pixels, Rectangle, Samples } from '../image/pixels.ts';
import { maximum, newSamples } from '../image/samples.ts';
import { StripFile } from '../image/strip-file.ts';
import { enlarged, grown } from '../image/window-pixels.ts';
import type { OneStepModel } from '../models.ts';
import { chooseCandidate } from '../runtime/choose.ts';
import { isOutOfMemory } from '../runtime/memory.ts';
import { rememberPhotoSpeed } from '../runtime/speeds.ts';
import { planFixedTiles } from '../tiles/fixed.ts';
import { CheckedInference } from './checked-inference.ts';
import { adain, waveletFixed } from './colour-fix.ts';
import { heldTo } from './fidelity.ts';
import { runOneStepTiles, type TileStatistics } from './one-step-tiles.ts';
import { usedDials, type UsedDials } from './option-feeds.ts';
import type { Pipeline, PipelineRequest, PipelineRun } from './pipeline.ts';
import { finishingHalo } from './needs.ts';
import { levelsFromGraph } from './samples.ts';

type Request = PipelineRequest & { readonly model: OneStepModel };

/**
 * Models that enlarge by one step of diffusion: x_L is the photo enlarged (bicubic); tile by tile z_L = E(x_L), ẑ_H by the step,
 * x̂ = D(ẑ_H); tiles are blended, and the whole gets the colours of x_L back. Two passes, because that needs the statistics of the
 * whole: the blended tiles wait in a file of 16 bits.
 *
 * A region is computed with those tiles of the whole photo that it depends on, so it is what the whole run gives there, with one
 * exception: AdaIN takes the statistics, of x̂ and of x_L alike, over the tiles that were computed and not over the whole photo.
 */
export async function openOneStep(request: Request): Promise<Pipeline> {
  const { model, bits, options } = request;
  const { manifest } = model;
  const choice = await chooseCandidate({ ...request, exact: options.exact, provider: options.provider });
  const used = usedDials(manifest, options);
  const inference = new CheckedInference({ ...request, constants: {} }, choice, levelsFromGraph);
  return {
    scale: manifest.scale,
    get provider() {
      return inference.candidate.provider.name;
    },
    get precision() {
      return inference.candidate.graph.precision;
    },
    used,
    run: async (source, run) => {
      if (source.bits !== bits) throw new Error(`The pipeline was opened for ${bits}-bit photos.`);
      inference.inferenceSeconds = 0;
      const signal = run.signal ?? request.signal;
      await enlargePhoto(source, { ...run, signal, manifest, used, inference }).catch((error: unknown) => {
        // Tiles have their own answer; this is a row of them that does not fit.
        throw isOutOfMemory(error)
          ? new Problem('not-enough-memory', 'There is not enough memory to enhance this photo.', { cause: error })
          : error;
      });
      if (run.region === undefined && inference.candidate === choice) {
        const megapixels = (source.width * source.height * manifest.scale ** 2) / 1e6;
        await rememberPhotoSpeed(model, choice, request.cacheFolder, megapixels, inference.inferenceSeconds);
      }
      return { inferenceSeconds: inference.inferenceSeconds };
    },
    close: () => inference.close(),
  };
}

interface PhotoRun extends PipelineRun {
  readonly manifest: OneStepManifest;
  readonly used: UsedDials;
  readonly inference: CheckedInference<Float32Array>;
}

async function enlargePhoto(source: Pixels, run: PhotoRun): Promise<void> {
  const { manifest, used, inference, scratch } = run;
  const { scale, diffusion } = manifest;
  const size = { width: source.width * scale, height: source.height * scale };
  const wanted = enlarged(run.region ?? { left: 0, top: 0, width: source.width, height: source.height }, scale);
  const plan = planFixedTiles(size, diffusion.tile, diffusion.overlap, grown(wanted, finishingHalo(manifest), size));
  const { covered } = plan;
  const blended = await StripFile.create(join(scratch, 'tiles.tif'), {
    ...{ width: covered.width, height: covered.height },
    ...{ channels: source.channels, bits: 16 },
  });
  try {
    const dials = { strength: used.strength ?? 1, semantic: used.semantic };
    const statistics = await runOneStepTiles(source, { ...run, manifest, plan, inference, dials, blended });
    const finished = finishedRows(source, { blended, covered, statistics, manifest, fidelity: used.fidelity ?? 0 });
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

async function writeRows(finished: FloatRows, place: Rectangle, bits: 8 | 16, { sink, signal }: PipelineRun): Promise<void> {
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
      const level = (values[at] ?? 0) * full;
      levels[to] = level <= 0 ? 0 : level >= full ? full : level + 0.5;
    }
  }
  return levels;
}
