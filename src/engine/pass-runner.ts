import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Dials } from '../shared/options.ts';
import type { Request } from '../shared/request.ts';
import type { EngineContext, JobWatch } from './context.ts';
import type { Pixels, Rectangle } from './image/pixels.ts';
import type { Passage } from './photo/passage.ts';
import { StripFile } from './tiff/strip-file.ts';
import { enlarged, grown, WindowPixels } from './image/window-pixels.ts';
import { ofItsKind } from './pipelines/kinds.ts';
import type { PipelineRun } from './pipelines/kind.ts';
import { openPipeline, type Pipeline } from './pipelines/pipeline.ts';
import type { ModelPass } from './plan.ts';
import type { ProgressMeter } from './progress.ts';

export interface PassesRequest {
  readonly photo: Passage;
  /** See {@link PipelineRun}: of the last pass. */
  readonly retouch?: PipelineRun['retouch'];
  readonly modelPasses: readonly ModelPass[];
  readonly request: Request;
  readonly engine: EngineContext;
  /** Existing folder; the files of all passes but the last are removed from it as soon as they are not needed. */
  readonly scratch: string;
  readonly meter: ProgressMeter;
  readonly watch: JobWatch;
}

export interface PassesResult {
  /** The last pass's pixels, the region's alone where one was asked for. To be closed by the receiver. */
  readonly pixels: StripFile;
  readonly provider: string;
  readonly precision: string;
  readonly used: Dials;
  readonly inferenceSeconds: number;
}

/** Runs one model after the other, each result kept in a file so that memory stays bounded by a row of tiles. */
export async function runPasses(job: PassesRequest): Promise<PassesResult> {
  const parts = neededParts(job.photo.pixels, job.modelPasses, job.request.region);
  let source = job.photo.pixels;
  let previous: StripFile | null = null;
  const outcomes: PassOutcome[] = [];
  try {
    for (const [index, modelPass] of job.modelPasses.entries()) {
      const part = parts[index] ?? null;
      const isLast = index === job.modelPasses.length - 1;
      const outcome = await runPass(job, modelPass, { source, part, isLast, path: join(job.scratch, `pass-${index + 1}.tif`) });
      outcomes.push(outcome);
      if (previous !== null) await discard(previous);
      previous = outcome.pixels;
      const { scale } = modelPass.model.manifest;
      const size = { width: source.width * scale, height: source.height * scale };
      source = part === null ? outcome.pixels : new WindowPixels(outcome.pixels, enlarged(part, scale), size.width, size.height);
    }
  } catch (error) {
    await previous?.close();
    throw error;
  }
  const [first, last] = [outcomes[0], outcomes.at(-1)];
  if (previous === null || first === undefined || last === undefined) throw new Error('a job without a model has nothing to run');
  return {
    pixels: previous,
    provider: distinct(outcomes.map((outcome) => outcome.provider)),
    precision: distinct(outcomes.map((outcome) => outcome.precision)),
    used: { ...first.used, grain: last.used.grain },
    inferenceSeconds: outcomes.reduce((sum, outcome) => sum + outcome.inferenceSeconds, 0),
  };
}

type PassOutcome = Pick<Pipeline, 'provider' | 'precision' | 'used'> & {
  readonly pixels: StripFile;
  readonly inferenceSeconds: number;
};

const asItIs: Passage['finish'] = (rows) => rows;

async function runPass(
  job: PassesRequest,
  { model, pass }: ModelPass,
  { source, part, isLast, path }: { source: Pixels; part: Rectangle | null; isLast: boolean; path: string },
): Promise<PassOutcome> {
  const { meter, watch, request, engine } = job;
  const { signal } = watch;
  const finish = isLast ? job.photo.finish : asItIs;
  meter.enhancing();
  const pipeline = await openPipeline({
    model,
    bits: source.bits,
    // A model that goes on from another's result would clean its grain away.
    options: isLast ? request.options : { ...request.options, grain: 0 },
    threads: engine.settings.threads,
    cacheFolder: engine.settings.cacheFolder,
    onNotice: (notice) => watch.onNotice?.(notice),
    signal,
  });
  try {
    meter.runningOn(pipeline.provider);
    const { scale } = model.manifest;
    const covered = enlarged(part ?? { left: 0, top: 0, width: source.width, height: source.height }, scale);
    const pixels = await StripFile.create(path, {
      width: covered.width,
      height: covered.height,
      channels: source.channels,
      bits: source.bits,
    });
    try {
      const { inferenceSeconds } = await pipeline.run(source, {
        region: part ?? undefined,
        signal,
        scratch: job.scratch,
        retouch: isLast ? job.retouch : undefined,
        sink: (rows) => pixels.append(finish(rows)),
        onTile: (tile) => {
          meter.tile(within(tile, covered));
        },
        onStage: (stage) => {
          meter.tileStage(stage);
        },
      });
      await pixels.finish();
      meter.passFinished(pass);
      return { pixels, provider: pipeline.provider, precision: pipeline.precision, used: pipeline.used, inferenceSeconds };
    } catch (error) {
      await pixels.close();
      throw error;
    }
  } finally {
    await pipeline.close();
  }
}

/**
 * For each pass the part of its source that must be enlarged, so that the last pass finds the region and, around it, every pixel
 * that its overlap reaches. Null: everything.
 */
export function neededParts(photo: Pixels, modelPasses: readonly ModelPass[], region: Rectangle | undefined): (Rectangle | null)[] {
  if (region === undefined) return modelPasses.map(() => null);
  const sizes = [{ width: photo.width, height: photo.height }];
  for (const { model } of modelPasses) {
    const { width, height } = sizes.at(-1) ?? photo;
    sizes.push({ width: width * model.manifest.scale, height: height * model.manifest.scale });
  }
  // Backwards: what a pass must give is what the next one looks at.
  const parts: Rectangle[] = [];
  const scaleBeforeLast = modelPasses.slice(0, -1).reduce((scale, { model }) => scale * model.manifest.scale, 1);
  let needed = enlarged(region, scaleBeforeLast);
  for (let index = modelPasses.length - 1; index >= 0; index -= 1) {
    parts.unshift(needed);
    const model = modelPasses[index]?.model;
    const seen = grown(needed, model === undefined ? 0 : ofItsKind(model).reach, sizes[index] ?? photo);
    needed = covering(seen, modelPasses[index - 1]?.model.manifest.scale ?? 1);
  }
  return parts;
}

/** The smallest rectangle of a picture whose enlargement by `scale` contains `rectangle`. */
function covering({ left, top, width, height }: Rectangle, scale: number): Rectangle {
  const [fromX, fromY] = [Math.floor(left / scale), Math.floor(top / scale)];
  return { left: fromX, top: fromY, width: Math.ceil((left + width) / scale) - fromX, height: Math.ceil((top + height) / scale) - fromY };
}

/** The part of `tile` inside `frame`, in the frame's own coordinates. */
function within(tile: Rectangle, frame: Rectangle): Rectangle {
  const left = Math.max(tile.left, frame.left);
  const top = Math.max(tile.top, frame.top);
  const right = Math.min(tile.left + tile.width, frame.left + frame.width);
  const bottom = Math.min(tile.top + tile.height, frame.top + frame.height);
  return { left: left - frame.left, top: top - frame.top, width: Math.max(0, right - left), height: Math.max(0, bottom - top) };
}

async function discard(file: StripFile): Promise<void> {
  await file.close();
  await rm(file.path, { force: true });
}

const distinct = (values: readonly string[]): string => [...new Set(values)].join(' + ');
