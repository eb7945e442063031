import { join } from 'node:path';
import type { JobReport, Notice, Plan } from '../shared/engine-protocol.ts';
import type { FacesReport } from '../shared/faces.ts';
import { noDials } from '../shared/options.ts';
import { throwIfCancelled } from '../shared/problem.ts';
import type { Region, Request } from '../shared/request.ts';
import { sentence, type Sentence } from '../shared/sentence.ts';
import type { EngineContext, JobWatch } from './context.ts';
import { collisionOf } from './destination.ts';
import type { Pixels } from './image/pixels.ts';
import { resampled } from './image/resample.ts';
import { cropped, enlarged } from './image/window-pixels.ts';
import { runPasses, type PassesRequest, type PassesResult } from './pass-runner.ts';
import { bitsFor } from './output-choice.ts';
import { openPhoto, type Photo } from './photo/open.ts';
import { passageOf } from './photo/passage.ts';
import { writePhoto, type WrittenPhoto } from './photo/write.ts';
import { restoreFaces } from './pipelines/faces/restored-faces.ts';
import { prepareJob, type PreparedJob } from './plan.ts';
import { ProgressMeter } from './progress.ts';
import { withScratch } from './scratch.ts';

/** Seconds of each part of a job, filled as it goes on. */
interface Stopwatch {
  decode: number;
  enhance: number;
  encode: number;
}

/**
 * One photo in, one larger photo out: plan, decode, run the passes, write, verify. With a region, the result holds exactly the
 * pixels that the whole run would give there. Whatever happens, the intermediate files are removed and no half file is left.
 * @throws Problem for everything that a person can act on; `cancelled` within a tile after the signal
 */
export async function enhancePhoto(request: Request, engine: EngineContext, watch: JobWatch = {}): Promise<JobReport> {
  const started = performance.now();
  const prepared = await prepareJob(request, engine);
  const { plan } = prepared;
  if (plan.skip !== null) return skipped(plan, request, plan.skip, secondsSince(started));
  throwIfCancelled(watch.signal);

  const notices: Notice[] = [];
  const job = { ...watch, onNotice: tellAndKeep(notices, watch.onNotice) };
  const seconds: Stopwatch = { decode: 0, enhance: 0, encode: 0 };
  const { passes, faces, written } = await withScratch(
    engine.settings.temporaryFolder,
    (scratch) => carryOut(request, prepared, engine, scratch, job, seconds),
    (folder) => {
      job.onNotice({ code: 'scratch-left', message: sentence('notice.scratchLeft', { folder }) });
    },
  );
  return {
    ...facts(plan, request),
    status: written.path === null ? 'skipped' : 'done',
    output: written.path ?? plan.output,
    ...(written.path === null ? { reason: sentence('skip.appeared') } : {}),
    fileBytes: written.fileBytes,
    quality: written.quality,
    provider: passes.provider,
    precision: passes.precision,
    ...passes.used,
    ...(faces === null ? {} : { fidelity: passes.used.fidelity ?? faces.fidelity, faces }),
    kept: written.kept,
    converted: written.converted,
    lost: written.lost,
    notices,
    seconds: { ...seconds, inference: passes.inferenceSeconds, total: secondsSince(started) },
  };
}

interface CarriedOut {
  readonly passes: PassesResult;
  /** Null where faces were left as they are. */
  readonly faces: FacesReport | null;
  readonly written: WrittenPhoto;
}

async function carryOut(
  request: Request,
  prepared: PreparedJob,
  engine: EngineContext,
  scratch: string,
  watch: JobWatch,
  seconds: Stopwatch,
): Promise<CarriedOut> {
  const { plan, modelPasses } = prepared;
  const { signal } = watch;
  const meter = new ProgressMeter(
    modelPasses.map(({ pass }) => pass),
    prepared.passesSeconds,
    (progress) => watch.onProgress?.(progress),
  );
  meter.decoding();
  const photo = await timed(seconds, 'decode', () =>
    openPhoto(request.source, {
      maxMegapixels: request.options.maxMegapixels,
      strict: request.options.strict,
      bits: bitsFor(plan.photo, plan.format, request.options.depth),
      scratch,
      signal,
    }),
  );
  try {
    const { passes, faces } = await timed(seconds, 'enhance', () => enlarge(photo, request, prepared, { engine, scratch, meter, watch }));
    try {
      const written = await timed(seconds, 'encode', () => write(request, plan, photo, passes, scratch, meter, watch));
      return { passes, faces, written };
    } finally {
      await passes.pixels.close().catch(leftToScratch);
    }
  } finally {
    await photo.close().catch(leftToScratch);
  }
}

/** The photo through its models, and its faces anew where that was asked for. */
async function enlarge(
  photo: Photo,
  request: Request,
  { modelPasses, faces: models }: PreparedJob,
  work: Pick<PassesRequest, 'engine' | 'scratch' | 'meter' | 'watch'>,
): Promise<Omit<CarriedOut, 'written'>> {
  const passage = await passageOf(photo);
  const run = (retouch?: PassesRequest['retouch']): Promise<PassesResult> =>
    runPasses({ photo: passage, retouch, modelPasses, request, ...work });
  if (models === null) return { passes: await run(), faces: null };
  const { engine, scratch, meter, watch } = work;
  const faces = await restoreFaces({
    ...models,
    photo: passage.pixels,
    region: request.region,
    options: request.options,
    threads: engine.settings.threads,
    cacheFolder: engine.settings.cacheFolder,
    file: join(scratch, 'faces'),
    onNotice: (notice) => watch.onNotice?.(notice),
    onFace: (face) => {
      meter.restoring(face);
    },
    signal: watch.signal,
  });
  try {
    const scale = modelPasses.reduce((product, { model }) => product * model.manifest.scale, 1);
    const { width, height } = passage.pixels;
    const passes = await run(faces.onto(enlarged(request.region ?? { left: 0, top: 0, width, height }, scale), scale));
    return { passes: { ...passes, inferenceSeconds: passes.inferenceSeconds + faces.inferenceSeconds }, faces: faces.report };
  } finally {
    await faces.close().catch(leftToScratch);
  }
}

/** What cannot be closed or removed lies in the scratch folder: its removal tells. */
const leftToScratch = (): void => undefined;

async function write(
  request: Request,
  plan: Plan,
  photo: Photo,
  { pixels }: PassesResult,
  scratch: string,
  meter: ProgressMeter,
  { signal, onNotice }: JobWatch,
): Promise<WrittenPhoto> {
  const { options, originals, region } = request;
  return writePhoto(
    { pixels, alpha: photo.alpha && alphaOf(photo.alpha, region, plan), photo, width: plan.width, height: plan.height },
    {
      destination: plan.output,
      onCollision: collisionOf(request),
      originals: originals ?? [],
      format: plan.format,
      quality: options.quality,
      choices: options,
      background: options.background,
      dpi: options.target.kind === 'print' ? options.target.dpi : null,
      scratch,
      signal,
      onStage: (stage) => {
        meter.writing(stage);
      },
      onNotice: (notice) => onNotice?.(notice),
    },
  );
}

/** The writer enlarges transparency itself; of a part it gets what the whole enlarged plane has there. */
function alphaOf(alpha: Pixels, region: Region | undefined, { width }: Plan): Pixels {
  if (region === undefined) return alpha;
  const scale = width / region.width;
  return cropped(resampled(alpha, { width: alpha.width * scale, height: alpha.height * scale }), enlarged(region, scale));
}

function facts(plan: Plan, { source }: Request) {
  return {
    source,
    sourceWidth: plan.photo.width,
    sourceHeight: plan.photo.height,
    width: plan.width,
    height: plan.height,
    format: plan.format,
    passes: plan.passes,
    rule: plan.rule,
  };
}

function skipped(plan: Plan, request: Request, reason: Sentence, seconds: number): JobReport {
  return {
    ...facts(plan, request),
    status: 'skipped',
    output: null,
    reason,
    fileBytes: 0,
    quality: null,
    provider: '',
    precision: '',
    ...noDials,
    kept: [],
    converted: [],
    lost: [],
    notices: [],
    seconds: { total: seconds, decode: 0, enhance: 0, inference: 0, encode: 0 },
  };
}

const tellAndKeep =
  (kept: Notice[], tell: JobWatch['onNotice']) =>
  (notice: Notice): void => {
    kept.push(notice);
    tell?.(notice);
  };

async function timed<Result>(seconds: Stopwatch, part: keyof Stopwatch, work: () => Promise<Result>): Promise<Result> {
  const started = performance.now();
  try {
    return await work();
  } finally {
    seconds[part] = secondsSince(started);
  }
}

const secondsSince = (started: number): number => (performance.now() - started) / 1000;
