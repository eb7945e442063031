import { createHash, randomBytes } from 'node:crypto';
import { readFile, stat, statfs, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { addedLines, type Ending } from '../app/jobs/job-lines.ts';
import type { JobEngine } from '../app/jobs/job-run.ts';
import { Jobs } from '../app/jobs/jobs.ts';
import { RunClock } from '../app/jobs/run-clock.ts';
import { Runner } from '../app/jobs/runner.ts';
import { versionAt } from '../app/photos/photo-version.ts';
import type { ModelSummary, Plan, Progress } from '../shared/engine-protocol.ts';
import type { Options } from '../shared/options.ts';
import { Problem, problemOf, type ProblemCode } from '../shared/problem.ts';
import { sentence } from '../shared/sentence.ts';
import { optionsOf, sameTimeMilliseconds, type FileVersion, type Payload } from './payload.ts';
import { ownFolder, type Roots } from './roots.ts';

/** What went wrong is this machine's: another one may do the photo, and this one must not use up its attempts. */
export class MachineFault extends Error {
  override readonly name = 'MachineFault';
  readonly problem: Problem;
  /** It may well do others, for this photo is too large for it. */
  readonly isTooLarge: boolean;

  constructor(problem: Problem, { isTooLarge = false } = {}) {
    super(problem.message, { cause: problem });
    this.problem = problem;
    this.isTooLarge = isTooLarge;
  }
}

/** What a machine has of its own for carrying photos out. */
export interface Workplace {
  readonly roots: Roots;
  readonly engine: JobEngine;
  readonly own: Pick<Options, 'provider' | 'tile'>;
  /** Brings a model that is missing here; null where it is nowhere. */
  readonly fetchModel: (id: string, manifest: string) => Promise<boolean>;
}

interface Watch {
  readonly signal: AbortSignal;
  readonly onProgress: (progress: Progress) => void;
}

/**
 * Carries one photo of the queue out: the same runner and engine as everywhere, with the result exactly where it was settled. Done
 * twice, by whomever, it gives one file.
 * @returns null where the signal has stopped it
 * @throws MachineFault; Problem where the photo is another one than was added
 */
export async function carryOut(payload: Payload, place: Workplace, { signal, onProgress }: Watch): Promise<Ending | null> {
  const { roots, engine, own } = place;
  const [source, destination] = await asMachine(async () => {
    await roots.check(Object.keys(payload.roots));
    checkRoots(payload, roots);
    return Promise.all([roots.toPath(payload.source), roots.toPath(payload.destination)]);
  });
  await checkSource(source, payload.version);
  await checkModels(payload, place);
  const options = optionsOf(payload, own);
  const before = await beforeOf(destination, payload.before);

  const jobs = new Jobs();
  for (const line of addedLines([{ path: source, under: '', skipIfResult: false }], options)) jobs.apply(line);
  const [id = ''] = jobs.ids;
  jobs.apply({ type: 'begun', id, destination, before, processId: 0 });
  jobs.interrupt(id);
  const found: { ending: Ending | null; otherModels: boolean } = { ending: null, otherModels: false };
  const runner = new Runner({
    jobs,
    engine,
    journal: null,
    clock: new RunClock(),
    planning: 'anew',
    onlyAsSettled: true,
    listener: {
      onSettled: (_, plan) => {
        if (hasModels(plan, payload)) return;
        found.otherModels = true;
        runner.stop({ cancelled: true });
      },
      onProgress: (_, progress) => {
        onProgress(progress);
      },
      onEnded: (_, ending) => {
        found.ending = ending;
      },
    },
  });
  const stop = (): void => {
    runner.stop();
  };
  signal.addEventListener('abort', stop, { once: true });
  await runner.run(() => !signal.aborted && found.ending === null);
  signal.removeEventListener('abort', stop);
  if (found.otherModels) throw new MachineFault(missingModel(payload.models[0]?.id ?? ''));
  if (found.ending !== null) await blameMachine(found.ending, payload, place);
  return found.ending;
}

/** Of a problem that {@link carryOut} met on the way to the photo, those of paths are the photo's; others are the machine's. */
async function asMachine<Found>(look: () => Promise<Found>): Promise<Found> {
  try {
    return await look();
  } catch (error) {
    if (error instanceof Problem && error.code === 'bad-request' && error.said?.code === 'fleet.path.outside') throw error;
    throw new MachineFault(problemOf(error));
  }
}

/** The folder of that name may be another one here than where the photo was added. */
function checkRoots({ roots: wanted }: Payload, roots: Roots): void {
  for (const [name, id] of Object.entries(wanted)) {
    const root = roots.get(name);
    if (root !== undefined && root.id !== id) {
      throw new Problem('bad-request', sentence('fleet.root.other', { folder: root.folder, root: name, other: name }), {
        advice: sentence('fleet.root.other.advice'),
      });
    }
  }
}

/** @throws Problem not-found where the photo was changed or removed since it was added */
async function checkSource(source: string, version: FileVersion): Promise<void> {
  const file = await stat(source).catch(() => null);
  if (file === null) throw new Problem('not-found', sentence('photo.missing'), { detail: source });
  if (isOfVersion(file, version)) return;
  throw new Problem('not-found', sentence('fleet.photo.changed'), { detail: source, advice: sentence('fleet.photo.changed.advice') });
}

const isOfVersion = ({ size, mtimeMs }: { size: number; mtimeMs: number }, { bytes, modified }: FileVersion): boolean =>
  size === bytes && Math.abs(mtimeMs - modified) <= sameTimeMilliseconds;

/** The version, as this machine tells it, of what the result is to replace; null where that is not what lies there. */
async function beforeOf(destination: string, before: FileVersion | null): Promise<string | null> {
  const file = before === null ? null : await stat(destination).catch(() => null);
  return file !== null && before !== null && isOfVersion(file, before) ? versionAt(destination) : null;
}

const missingModel = (id: string): Problem =>
  new Problem('model-not-found', sentence('fleet.model.missing', { id }), { advice: sentence('fleet.model.missing.advice') });

async function checkModels({ models }: Payload, { engine, fetchModel }: Workplace): Promise<void> {
  const missing = await missingOf(models, await engine.models());
  if (missing === null) return;
  if (!(await fetchModel(missing.id, missing.manifest).catch(() => false))) throw new MachineFault(missingModel(missing.id));
  const still = await missingOf(models, await engine.models());
  if (still !== null) throw new MachineFault(missingModel(still.id));
}

async function missingOf(wanted: Payload['models'], installed: readonly ModelSummary[]): Promise<Payload['models'][number] | null> {
  for (const { id, manifest } of wanted) {
    const model = installed.find((candidate) => candidate.id === id && candidate.problem === null);
    if (model === undefined || (await manifestHash(model)) !== manifest) return { id, manifest };
  }
  return null;
}

/** The manifest holds the hashes of the model's files: this is one for all of it. */
export const manifestHash = async ({ folder }: Pick<ModelSummary, 'folder'>): Promise<string> =>
  createHash('sha256')
    .update(await readFile(join(folder, 'manifest.json')))
    .digest('hex');

/** Where a model is chosen by itself, another machine may have others to choose from. */
const hasModels = ({ skip, ...plan }: Plan, { models }: Payload): boolean =>
  skip !== null || JSON.stringify(modelsOf(plan)) === JSON.stringify(models.map(({ id }) => id));

/** The models of a plan, in the order of their use, each once. */
export const modelsOf = ({ passes, faces = [] }: Pick<Plan, 'passes' | 'faces'>): string[] => [
  ...new Set([...passes.flatMap(({ model }) => (model === null ? [] : [model])), ...faces]),
];

/** Always for want of something here. */
const ofMachine: readonly ProblemCode[] = [
  'not-enough-disk',
  'model-not-found',
  'model-damaged',
  'unsupported-model',
  'provider-not-available',
];
/** Of the photo, or of the drive that it lies on. */
const ofDrive: readonly ProblemCode[] = ['not-found', 'not-readable', 'not-writable', 'already-exists'];

/** @throws MachineFault where the failure is this machine's: the shared folders have gone, or it may not write to them */
async function blameMachine({ problem }: Ending, payload: Payload, { roots }: Workplace): Promise<void> {
  if (problem === null) return;
  if (problem.code === 'not-enough-memory' || (problem.code === 'not-enough-disk' && (await hasRoomFor(payload, roots))))
    throw new MachineFault(Problem.fromData(problem), { isTooLarge: true });
  if (ofMachine.includes(problem.code)) throw new MachineFault(Problem.fromData(problem));
  if (!ofDrive.includes(problem.code)) return;
  try {
    await roots.check(Object.keys(payload.roots));
    if (problem.code === 'not-writable') await tryToWrite(roots.get(payload.destination.root)?.folder ?? '');
  } catch {
    throw new MachineFault(Problem.fromData(problem));
  }
}

/** More than any result takes for each of its pixels. */
const mostBytesPerPixel = 8;

/** Where the folder of the result has room, it is this machine's own disk that has none for what lies between photo and result. */
async function hasRoomFor({ destination, megapixels }: Payload, roots: Roots): Promise<boolean> {
  const disk = await statfs(roots.get(destination.root)?.folder ?? '').catch(() => null);
  return disk !== null && disk.bavail * disk.bsize > megapixels * 1e6 * mostBytesPerPixel;
}

/** Where even the fleet's own folder takes nothing, it is not for the one folder of the photo. */
async function tryToWrite(root: string): Promise<void> {
  const file = join(root, ownFolder, `.try-${randomBytes(6).toString('hex')}`);
  await writeFile(file, '');
  await unlink(file);
}
