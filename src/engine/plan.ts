import { basename, dirname, join, resolve } from 'node:path';
import type { Pass, PhotoFacts, Plan } from '../shared/engine-protocol.ts';
import type { OutputFormat } from '../shared/output-formats.ts';
import type { EnlargingManifest } from '../shared/manifest.ts';
import { defaultOptions } from '../shared/options.ts';
import { Problem } from '../shared/problem.ts';
import type { Region, Request } from '../shared/request.ts';
import { english, sentence } from '../shared/sentence.ts';
import type { EngineContext } from './context.ts';
import { chooseDestination, collisionOf } from './destination.ts';
import { modelsFor, usableOnes, type InstalledModel } from './models.ts';
import { namesakesOf } from './namesakes.ts';
import { resultName } from './naming.ts';
import { expectedFaceSeconds, type FaceModels } from './pipelines/faces/restored-faces.ts';
import { installedFaces, ofItsKind } from './pipelines/kinds.ts';
import { bitsFor, chooseFormat, estimateBytes } from './output-choice.ts';
import { choosePasses, type PassChoice } from './passes.ts';
import { hasMark, inspectPhoto } from './photo/inspect.ts';
import { checkFormat, checkRoom } from './photo/limits.ts';
import type { UsableModel } from './runtime/model.ts';
import { estimateSecondsPerMegapixel } from './runtime/speeds.ts';

export interface ModelPass {
  readonly model: UsableModel<EnlargingManifest>;
  readonly pass: Pass;
}

/** A plan with what is needed to carry it out. */
export interface PreparedJob {
  readonly plan: Plan;
  /** The uses of models, in order; a final resampling is not among them. */
  readonly modelPasses: readonly ModelPass[];
  /** What its faces are restored with; null where they are left as they are. */
  readonly faces: FaceModels | null;
  /** What all but the faces is expected to take; null until each model was measured. */
  readonly passesSeconds: number | null;
}

/** Seconds per result megapixel for writing and verifying, next to which the differences between formats do not count. */
const encodeSecondsPerMegapixel = 0.03;

/**
 * What would be done for this request, with every refusal that can be known before work begins: format limits, disk, memory,
 * decompression bombs, originals in the way, folders that cannot be written to. Reads the photo's header, never its pixels.
 */
export async function planJob(request: Request, engine: EngineContext): Promise<Plan> {
  return (await prepareJob(request, engine)).plan;
}

export async function prepareJob(request: Request, engine: EngineContext): Promise<PreparedJob> {
  const { options, region } = request;
  const photo = await inspectPhoto(request.source, { maxMegapixels: options.maxMegapixels });
  if (request.skipResults === true && (await hasMark(request.source))) return leftAlone(photo, request.source);
  const models = modelsFor(options.model, await engine.models());
  const whole = choosePasses(
    photo,
    options.target,
    models.map(({ id, manifest }) => ({ id, scale: manifest.scale })),
    options.skipLarger,
  );
  const choice = region === undefined ? whole : partOf(whole, photo, region);
  const format = chooseFormat(photo, options.format);
  const wanted = request.destination ?? (await wantedPath(request, photo, whole, format));
  if (whole.skip !== null) return { plan: { ...describe(photo, choice, format, wanted, options), skip: whole.skip }, ...nothingToDo };

  checkFormat({ width: choice.width, height: choice.height, format });
  const destination = await chooseDestination(wanted, collisionOf(request), request.source, request.originals ?? []);
  const plan = { ...describe(photo, choice, format, destination.path, options), skip: destination.skip };
  if (destination.skip !== null) return { plan, ...nothingToDo };

  const faces = facesOf(options, await engine.models());
  const modelPasses = choice.passes.flatMap((pass) => models.filter(({ id }) => id === pass.model).map((model) => ({ pass, model })));
  await checkSpace(plan, modelPasses, request, engine);
  const passesSeconds = await estimateSeconds(plan, modelPasses, request, engine);
  if (faces === null) return { plan: { ...plan, estimatedSeconds: passesSeconds }, modelPasses, faces, passesSeconds };
  const named = [faces.detector.id, faces.restorer.id];
  const bits = bitsFor(photo, format, options.depth);
  const faceSeconds = await expectedFaceSeconds(faces.restorer, { ...options, bits, cacheFolder: engine.settings.cacheFolder });
  // How many there are is seen when they are looked for: one is counted.
  const estimatedSeconds = passesSeconds === null || faceSeconds === null ? null : passesSeconds + faceSeconds;
  return { plan: { ...plan, faces: named, estimatedSeconds }, modelPasses, faces, passesSeconds };
}

const nothingToDo = { modelPasses: [], faces: null, passesSeconds: null };

/** Null where they are not asked for. @throws Problem bad-request, model-not-found: which of the two is missing, and where it is to be had */
function facesOf({ faces, leaveFaces }: Request['options'], installed: readonly InstalledModel[]): FaceModels | null {
  if (!faces && leaveFaces !== null)
    throw new Problem('bad-request', sentence('faces.notAsked'), { advice: sentence('faces.notAsked.advice') });
  if (!faces) return null;
  const { detector, restorer } = installedFaces(usableOnes(installed));
  if (detector !== null && restorer !== null) return { detector, restorer };
  const missing = detector === null ? (restorer === null ? 'both' : 'detector') : 'restorer';
  throw new Problem('model-not-found', sentence(`faces.missing.${missing}`), { advice: sentence('faces.missing.advice') });
}

/** A second run over a folder must not enlarge what the first one made. */
function leftAlone(photo: PhotoFacts, source: string): PreparedJob {
  const choice = {
    width: photo.width,
    height: photo.height,
    passes: [],
    rule: sentence('rule.result'),
    skip: null,
  };
  const plan = { ...describe(photo, choice, chooseFormat(photo, 'same'), source), skip: sentence('skip.result') };
  return { plan, ...nothingToDo };
}

function describe(
  photo: PhotoFacts,
  { width, height, passes, rule }: PassChoice,
  format: OutputFormat,
  output: string,
  { depth }: Pick<Request['options'], 'depth'> = defaultOptions,
): Omit<Plan, 'skip'> {
  const estimatedBytes = estimateBytes({ ...photo, bits: bitsFor(photo, format, depth) }, format, width, height);
  return { photo, width, height, passes, rule, format, output, estimatedSeconds: null, estimatedBytes };
}

/**
 * The same passes for a part of the photo. Whole factors map its edges onto whole pixels; a resampling to some other size would
 * not, so that the part could not be exactly what the whole run gives there.
 * @throws Problem bad-request when the part leaves the photo or the size needs a resampling
 */
function partOf(whole: PassChoice, photo: PhotoFacts, region: Region): PassChoice {
  if (region.left + region.width > photo.width || region.top + region.height > photo.height) {
    throw new Problem(
      'bad-request',
      sentence('request.partOutside', { size: sentence('size.pixels', { width: photo.width, height: photo.height }) }),
    );
  }
  if (whole.passes.some((pass) => pass.model === null)) {
    throw new Problem('bad-request', sentence('request.partSize'), {
      detail: english.tell(whole.rule),
      advice: sentence('request.partSize.advice'),
    });
  }
  const scaled = ({ width }: { width: number }): { width: number; height: number } => {
    const scale = width / photo.width;
    return { width: region.width * scale, height: region.height * scale };
  };
  return { ...whole, ...scaled(whole), passes: whole.passes.map((pass) => ({ ...pass, ...scaled(pass) })) };
}

/** A part has its place in its name: it must not be taken for the result of the whole photo. */
async function wantedPath(
  { source, options, region }: Request,
  photo: PhotoFacts,
  whole: PassChoice,
  format: OutputFormat,
): Promise<string> {
  const { left, top, width, height } = region ?? { left: 0, top: 0, width: 0, height: 0 };
  const place = region === undefined ? '' : `_part-${left}-${top}-${width}x${height}`;
  const folder = resolve(options.output ?? dirname(source));
  const names = resultName(`${options.name}${place}`, {
    source: basename(source),
    siblings: await namesakesOf(source),
    format,
    formatIsSame: options.format === 'same',
    scale: Math.max(whole.width, whole.height) / Math.max(photo.width, photo.height),
    model: whole.passes.find((pass) => pass.model !== null)?.model ?? options.model,
    date: new Date(),
    width: whole.width,
    height: whole.height,
  });
  return join(folder, ...names);
}

/** Room for the result and, besides, the largest picture on the way to it where there is one. */
async function checkSpace(
  plan: Omit<Plan, 'skip'>,
  modelPasses: readonly ModelPass[],
  { options }: Request,
  { settings }: EngineContext,
): Promise<void> {
  const { width, height, format, photo, passes } = plan;
  const channels = photo.colour === 'grey' ? 1 : 3;
  const onTheWay = passes.slice(0, -1).sort((a, b) => b.width * b.height - a.width * a.height)[0];
  await checkRoom({
    width,
    height,
    format,
    channels,
    bits: bitsFor(photo, format, options.depth),
    alpha: photo.alpha,
    folder: dirname(plan.output),
    scratch: settings.temporaryFolder,
    modelBytes: Math.max(...modelPasses.map(({ model, pass }) => ofItsKind(model).scratchBytes(pass, channels))),
    ...(onTheWay === undefined ? {} : { largestPass: onTheWay }),
  });
}

/** From what this computer took for these models before; null until each has been measured. */
async function estimateSeconds(
  plan: Omit<Plan, 'skip'>,
  modelPasses: readonly ModelPass[],
  { options }: Request,
  { settings }: EngineContext,
): Promise<number | null> {
  let seconds = ((plan.width * plan.height) / 1e6) * encodeSecondsPerMegapixel;
  for (const { model, pass } of modelPasses) {
    const { exact, provider, depth } = options;
    const bits = bitsFor(plan.photo, plan.format, depth);
    const { cacheFolder } = settings;
    const perMegapixel = await estimateSecondsPerMegapixel(ofItsKind(model), { bits, exact, provider, cacheFolder });
    if (perMegapixel === null) return null;
    seconds += ((pass.width * pass.height) / 1e6) * perMegapixel;
  }
  return seconds;
}
