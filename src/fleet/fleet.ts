import { dirname } from 'node:path';
import type { FoundPhoto } from '../app/collect-photos.ts';
import type { FleetProgram, ReachedFleet } from '../app/fleet.ts';
import type { JobEngine } from '../app/jobs/job-run.ts';
import type { FleetAdded, FleetView } from '../shared/fleet.ts';
import type { Options } from '../shared/options.ts';
import { Problem, problemOf, type ProblemData } from '../shared/problem.ts';
import { sentence } from '../shared/sentence.ts';
import { addPhotos, type AddEvent, type Added, type PhotoFolder } from './add-photos.ts';
import { readAddress, type Environment } from './address.ts';
import { connectTo, lostProblem, type ConnectOptions } from './connection.ts';
import { FleetQueue } from './fleet-queue.ts';
import { readEntry } from './payload.ts';
import { markRoot, openRoot, Roots, rootNameAt } from './roots.ts';
import { publishModel } from './shared-models.ts';

/** Where a fleet is, as seen from this computer. */
export interface Way {
  /** See {@link readAddress}, which says what of the environment counts. */
  readonly queue: string;
  readonly env: Environment;
  /** Folders of this computer by the names of the shared folders that they are. */
  readonly mapped: Readonly<Record<string, string>>;
}

export interface AddOptions {
  readonly engine: JobEngine;
  /** See `Adding`. */
  readonly verify?: boolean | undefined;
  readonly signal: AbortSignal;
  readonly tell: (event: AddEvent) => void;
}

/** A drive that has gone may leave whoever asks for it without an answer. */
const diskMilliseconds = 3000;
/** So often it is looked whether the drives are there. */
const rootsMilliseconds = 10_000;

/** A fleet for whoever adds photos and looks after them: the command line, and the window. */
export class Fleet implements ReachedFleet {
  readonly queue: FleetQueue;
  readonly #mapped: Way['mapped'];
  #roots: { readonly opened: Promise<Roots>; readonly at: number } | null = null;

  private constructor(queue: FleetQueue, mapped: Way['mapped']) {
    this.queue = queue;
    this.#mapped = mapped;
  }

  /** @throws Problem as {@link readAddress} and {@link connectTo} do */
  static async reach({ queue, env, mapped }: Way, options: ConnectOptions = {}): Promise<Fleet> {
    if (queue === '') throw new Problem('bad-request', sentence('fleet.queue.missing'), { advice: sentence('fleet.queue.missing.advice') });
    return new Fleet(new FleetQueue(await connectTo(await readAddress(queue, env), options)), mapped);
  }

  /** Of a folder of the disk, or of those photos in it that are named. */
  async addFolder(folder: PhotoFolder, options: Options, { engine, verify, signal, tell }: AddOptions): Promise<Added> {
    const roots = await Roots.open(this.#mapped);
    return addPhotos(folder, options, {
      queue: this.queue,
      roots,
      engine,
      publishModel: async (model, manifest) => {
        for (const root of roots.all.slice(0, 1)) await publishModel(root, model, manifest);
      },
      verify,
      signal,
      tell,
    });
  }

  /** Each with the folder that was opened: the same photo is of the same batch, whether it is added alone or with all of its folder. */
  async add(photos: readonly FoundPhoto[], options: Options, { tell, ...how }: Parameters<ReachedFleet['add']>[2]): Promise<FleetAdded> {
    const sums = { added: 0, done: 0, skipped: 0, failed: 0 };
    let problem: ProblemData | null = null;
    for (const [folder, own] of byFolder(photos)) {
      const before = sums.added;
      const added = await this.addFolder({ folder, photos: own }, options, {
        ...how,
        tell: (event) => {
          if (event.event === 'added') tell({ found: photos.length, added: before + event.photos });
          else if (event.event === 'failed') problem ??= event.problem;
        },
      }).catch((error: unknown) => {
        throw lostProblem(error);
      });
      for (const name of ['added', 'done', 'skipped', 'failed'] as const) sums[name] += added[name];
      if (how.signal.aborted) break;
    }
    return { ...sums, problem };
  }

  async view(): Promise<FleetView> {
    const [status, { photos, entries }, warnings, roots] = await Promise.all([
      answered(this.queue.status()),
      answered(this.queue.photos()),
      answered(this.queue.warnings()),
      this.#rootsNow().catch((error: unknown) => problemOf(error)),
    ]);
    const troubles = roots instanceof Problem ? [roots] : foreignEntries(entries, roots);
    return { status, photos, warnings, troubles: troubles.map((trouble) => trouble.toData()) };
  }

  pause = (): Promise<void> => answered(this.queue.pause());
  resume = (): Promise<void> => answered(this.queue.resume());
  cancel = (batch: string | null): Promise<number> => answered(this.queue.cancel(batch));
  retry = (ids: readonly string[] | null): Promise<number> => answered(this.queue.retry(ids));
  drain = (machine: string, drained: boolean): Promise<void> => answered(this.queue.drain(machine, drained));
  close = (): Promise<void> => this.queue.close();
  drop = (): void => {
    this.queue.drop();
  };

  #rootsNow(): Promise<Roots> {
    if (this.#roots === null || performance.now() - this.#roots.at > rootsMilliseconds)
      this.#roots = { opened: within(Roots.open(this.#mapped), Object.values(this.#mapped).join(', ')), at: performance.now() };
    return this.#roots.opened;
  }
}

/** Whatever a call of the queue fails with that nobody has put into words, the connection is what failed. */
const answered = <Answer>(call: Promise<Answer>): Promise<Answer> =>
  call.catch((error: unknown) => {
    throw lostProblem(error);
  });

function within<Answer>(asked: Promise<Answer>, folder: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new Problem('not-found', sentence('fleet.root.silent', { folder }), { advice: sentence('fleet.root.silent.advice') }));
    }, diskMilliseconds);
    asked.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

/** What waits and is none of ours, one problem of a kind: another key, a newer version. Of folders that are not shared here nothing is known. */
function foreignEntries(entries: readonly unknown[], roots: Roots): Problem[] {
  const found = new Map<string, Problem>();
  for (const entry of entries) {
    try {
      readEntry(entry, roots.keyOf);
    } catch (error) {
      const problem = problemOf(error);
      if (problem.code !== 'not-found') found.set(problem.message, problem);
    }
  }
  return [...found.values()];
}

/** Photos by the folders that were opened. */
function byFolder(photos: readonly FoundPhoto[]): Map<string, FoundPhoto[]> {
  const folders = new Map<string, FoundPhoto[]>();
  for (const photo of photos) {
    const inside = dirname(photo.path);
    const folder = photo.under === '' ? inside : inside.slice(0, -photo.under.length - 1);
    const others = folders.get(folder);
    if (others === undefined) folders.set(folder, [photo]);
    else others.push(photo);
  }
  return folders;
}

/** What the application loads when somebody asks for a fleet. */
export const fleetProgram: FleetProgram = {
  reach: ({ queue, user, certificate, roots }, password, signal) => {
    const env = { ONESTEP_QUEUE_USER: user, ONESTEP_QUEUE_PASSWORD: password, ONESTEP_QUEUE_CA: certificate ?? '' };
    return Fleet.reach({ queue, env, mapped: roots }, { prompt: true, signal });
  },
  nameOf: (folder) => within(rootNameAt(folder), folder),
  share: async ({ folder, name, isNew }) => {
    await within(isNew ? markRoot(folder, name) : openRoot(name, folder), folder);
  },
};
