import { lstat, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { collectPhotos, type FoundPhoto } from '../app/collect-photos.ts';
import { addedLines } from '../app/jobs/job-lines.ts';
import type { JobEngine } from '../app/jobs/job-run.ts';
import { Jobs } from '../app/jobs/jobs.ts';
import { RunClock } from '../app/jobs/run-clock.ts';
import { Runner } from '../app/jobs/runner.ts';
import type { LeftOut } from '../app/left-out.ts';
import type { ModelSummary, Plan } from '../shared/engine-protocol.ts';
import type { Options } from '../shared/options.ts';
import { Problem, problemOf, type ProblemData } from '../shared/problem.ts';
import { sentence, type Sentence } from '../shared/sentence.ts';
import { manifestHash, modelsOf } from './carry-out.ts';
import type { FleetQueue, NewEntry } from './fleet-queue.ts';
import { isResultOf, readLedger, type LedgerRecord } from './ledger.ts';
import { batchOf, entryOf, jobIdOf, travellingOptions, type FileVersion, type Payload, type Place } from './payload.ts';
import type { Roots } from './roots.ts';

export interface Adding {
  readonly queue: FleetQueue;
  readonly roots: Roots;
  readonly engine: JobEngine;
  /** Puts a model where the other machines find it. */
  readonly publishModel: (model: ModelSummary, manifest: string) => Promise<void>;
  /** Results that are done are read, and compared with what was written. */
  readonly verify?: boolean | undefined;
  readonly signal: AbortSignal;
  readonly tell: (event: AddEvent) => void;
}

export type AddEvent =
  | { readonly event: 'found'; readonly batch: string; readonly photos: number; readonly leftOut: readonly LeftOut[] }
  | { readonly event: 'added'; readonly photos: number }
  | { readonly event: 'skipped'; readonly source: string; readonly reason: Sentence }
  | { readonly event: 'failed'; readonly source: string; readonly problem: ProblemData };

export interface Added {
  readonly batch: string;
  readonly found: number;
  readonly added: number;
  /** Done by an earlier run of the batch. */
  readonly done: number;
  readonly skipped: number;
  readonly failed: number;
}

/** So many photos are handed to the queue at a time. */
const sliceJobs = 1000;

/** A folder of photos, and those of them that are meant: all, where none are named. */
export interface PhotoFolder {
  readonly folder: string;
  readonly photos?: readonly FoundPhoto[] | undefined;
}

/**
 * Adds photos of a folder to the queue: a dry run of the same runner as everywhere, whose plans become entries. Where each result
 * goes is settled here. Added again, after whatever has happened, it adds exactly what is missing.
 * @throws Problem not-opened where a folder is in none that is shared; as the queue does
 */
export async function addPhotos({ folder, photos: named }: PhotoFolder, options: Options, adding: Adding): Promise<Added> {
  const { roots, tell, signal } = adding;
  await roots.check();
  const output = options.output === null ? null : roots.toPlace(resolve(options.output));
  const batch = batchOf(roots.toPlace(resolve(folder)), output, options);
  const { photos, leftOut } =
    named === undefined
      ? await collectPhotos([folder], { template: options.name, output: options.output })
      : { photos: named, leftOut: [] };
  tell({ event: 'found', batch, photos: photos.length, leftOut });
  const slices = new Slices(batch, adding);
  await slices.open();
  const sums = { batch, found: photos.length, added: 0, done: 0, skipped: 0, failed: 0 };
  await adding.queue.noteBatch({ batch, folder, photos: photos.length, added: Date.now() });

  const jobs = new Jobs();
  const versions = new Map<string, FileVersion>();
  for (const line of addedLines(photos, options)) jobs.apply(line);
  for (const { id, source } of [...jobs.inOrder()]) {
    const known = await slices.earlier(source, versions);
    if (known === null) continue;
    sums.done += 1;
    // Its result is one of the list: no other photo takes the name.
    jobs.apply({ type: 'ended', id, state: 'done', output: known, report: null, problem: null, reason: null });
  }
  const plans = new Map<string, Plan>();
  const runner = new Runner({
    jobs,
    engine: adding.engine,
    journal: null,
    clock: new RunClock(),
    planning: 'once',
    dryRun: true,
    listener: {
      onSettled: (id, plan) => plans.set(id, plan),
      onProgress: () => undefined,
      onEnded: (id, { state, reason, problem }) => {
        const { source = '' } = jobs.get(id) ?? {};
        const plan = plans.get(id);
        plans.delete(id);
        if (state === 'skipped' && reason !== null) {
          sums.skipped += 1;
          tell({ event: 'skipped', source, reason });
        } else if (state === 'done' && plan !== undefined) slices.take({ source, plan, version: versions.get(source) });
        else {
          sums.failed += 1;
          tell({ event: 'failed', source, problem: problem ?? problemOf(null).toData() });
        }
      },
    },
  });
  // The runner does not wait for the queue: it goes on when what it has planned is handed over.
  while (!jobs.areOver && !signal.aborted) {
    await runner.run(() => !signal.aborted && slices.waiting < sliceJobs);
    await slices.hand(options, sums);
  }
  await slices.hand(options, sums);
  return sums;
}

interface Planned {
  readonly source: string;
  readonly plan: Plan;
  readonly version: FileVersion | undefined;
}

/** Plans on their way into the queue. */
class Slices {
  readonly #batch: string;
  readonly #adding: Adding;
  #models: readonly (ModelSummary & { readonly manifest: string })[] = [];
  readonly #published = new Set<string>();
  #records = new Map<string, LedgerRecord[]>();
  #planned: Planned[] = [];

  constructor(batch: string, adding: Adding) {
    this.#batch = batch;
    this.#adding = adding;
  }

  async open(): Promise<void> {
    const usable = (await this.#adding.engine.models()).filter(({ problem }) => problem === null);
    this.#models = await Promise.all(usable.map(async (model) => ({ ...model, manifest: await manifestHash(model) })));
    await this.#readLedgers();
  }

  get waiting(): number {
    return this.#planned.length;
  }

  /** The result of a photo that was done in an earlier run of the batch, as long as it lies there; null for none. */
  async earlier(source: string, versions: Map<string, FileVersion>): Promise<string | null> {
    const file = await stat(source).catch(() => null);
    if (file === null) return null;
    const version = { bytes: file.size, modified: Math.round(file.mtimeMs) };
    versions.set(source, version);
    if (this.#records.size === 0) return null;
    return this.#resultOf(this.#placeOf(source), version);
  }

  take(planned: Planned): void {
    this.#planned.push(planned);
  }

  async hand(options: Options, sums: { added: number; done: number; failed: number }): Promise<void> {
    const planned = this.#planned.splice(0);
    if (planned.length === 0) return;
    const entries: NewEntry[] = [];
    // What a machine has finished since stands there before the queue forgets it.
    await this.#readLedgers();
    for (const each of planned) {
      try {
        const entry = await this.#entryOf(each, options);
        if (entry === null) sums.done += 1;
        else entries.push(entry);
      } catch (error) {
        sums.failed += 1;
        this.#adding.tell({ event: 'failed', source: each.source, problem: problemOf(error).toData() });
      }
    }
    await this.#adding.queue.add(entries);
    sums.added += entries.length;
    this.#adding.tell({ event: 'added', photos: sums.added });
  }

  async #entryOf({ source, plan, version }: Planned, options: Options): Promise<NewEntry | null> {
    const { roots } = this.#adding;
    if (version === undefined) throw new Problem('not-found', sentence('photo.missing'), { detail: source });
    const places = { source: roots.toPlace(source), destination: roots.toPlace(plan.output) };
    // Behind a link out of the shared folder, no other machine would touch it.
    await roots.toPath(places.source).catch(() => {
      throw new Problem('not-opened', sentence('fleet.path.outside', { root: places.source.root }), {
        detail: source,
        advice: sentence('fleet.path.noRoot.advice'),
      });
    });
    if ((await this.#resultOf(places.source, version)) !== null) return null;
    const before = await lstat(plan.output).catch(() => null);
    const megapixels = (plan.width * plan.height) / 1e6;
    const payload: Omit<Payload, 'v'> = {
      batch: this.#batch,
      roots: Object.fromEntries([places.source, places.destination].map(({ root }) => [root, roots.get(root)?.id ?? ''])),
      ...places,
      version,
      before: before === null ? null : { bytes: before.size, modified: Math.round(before.mtimeMs) },
      options: travellingOptions(options),
      models: await this.#modelsOf(plan),
      megapixels,
    };
    const id = jobIdOf(this.#batch, places.source, version);
    return { id, batch: this.#batch, entry: entryOf(payload, roots.keyOf), megapixels, again: this.#records.has(id) };
  }

  async #modelsOf(plan: Plan): Promise<Payload['models']> {
    const used = modelsOf(plan).flatMap((id) => this.#models.find((model) => model.id === id) ?? []);
    for (const { manifest, ...model } of used) {
      if (this.#published.has(manifest)) continue;
      this.#published.add(manifest);
      await this.#adding.publishModel(model, manifest);
    }
    return used.map(({ id, manifest }) => ({ id, manifest }));
  }

  /** Photos that no machine could name fail by themselves when they are handed over. */
  #placeOf(source: string): Place | null {
    try {
      return this.#adding.roots.toPlace(source);
    } catch {
      return null;
    }
  }

  async #resultOf(source: Place | null, version: FileVersion): Promise<string | null> {
    if (source === null) return null;
    for (const record of this.#records.get(jobIdOf(this.#batch, source, version)) ?? []) {
      const result = await this.#resultIn(record);
      if (result !== null) return result;
    }
    return null;
  }

  async #resultIn(record: LedgerRecord): Promise<string | null> {
    if (record.state === 'failed') return null;
    const [root = '', ...path] = record.destination.split(':');
    const result = await this.#adding.roots.toPath({ root, path: path.join(':') }).catch(() => null);
    if (result === null) return null;
    if (record.state === 'skipped') return (await lstat(result).catch(() => null)) === null ? null : result;
    return (await isResultOf(record, result, this.#adding.verify === true)) ? result : null;
  }

  async #readLedgers(): Promise<void> {
    const records = await Promise.all(this.#adding.roots.all.map((root) => readLedger(root, this.#batch)));
    this.#records = new Map(records.flatMap((each) => [...each]));
  }
}
