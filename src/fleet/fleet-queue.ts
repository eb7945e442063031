import type { Job, Processor, Queue, Worker } from 'bullmq';
import * as z from 'zod';
import {
  batchNoteSchema,
  isHeard,
  machineNoteSchema,
  type BatchNote,
  type FailedJob,
  type FleetPhoto,
  type FleetStatus,
  type MachineNote,
} from '../shared/fleet.ts';
import { sentence, type Sentence } from '../shared/sentence.ts';
import { addingProblem, type Connection } from './connection.ts';
import { lastBand, priorityOf, type Entry } from './payload.ts';
import { failedJob, fractionOf, shownPhoto, sourceOf } from './shown-photos.ts';

/** Names of the queues on the server. What is said of batches and machines lies in one that nobody works off. */
const photosName = 'onestep';
const notesName = 'onestep-notes';

/** So many jobs are added, read or removed at a time. */
const sliceJobs = 1000;
/** Of each kind, so many photos are shown. */
const shownPhotos = 100;
const slicesAhead = 3;
/** Jobs that are done are known for so long: added again meanwhile, they are not done again. */
const keptDone = { age: 3600, count: 5000 };

export interface NewEntry {
  readonly id: string;
  readonly batch: string;
  readonly entry: Entry;
  readonly megapixels: number;
  /** It was done before, and its result has gone: what the queue knows of that does not count. */
  readonly again: boolean;
}

/** What a job ends with, as the queue keeps it for a while. */
export interface JobResult {
  readonly status: 'done' | 'skipped' | 'cancelled';
  readonly destination: string | null;
}

/** A server that is as full as that is told of. */
const nearlyFullPercent = 80;

/** The queue of a fleet, on whatever server. */
export class FleetQueue {
  readonly #connection: Connection;
  readonly #photos: Queue<Entry>;
  readonly #notes: Queue<object>;

  constructor(connection: Connection) {
    this.#connection = connection;
    this.#photos = connection.queue(photosName);
    this.#notes = connection.queue(notesName);
  }

  /**
   * Adds photos; one that is there already stays as it is.
   * @throws Problem not-enough-memory where the server is full, queue-not-reached
   */
  async add(entries: readonly NewEntry[]): Promise<void> {
    await Promise.all(entries.filter(({ again }) => again).map(({ id }) => this.#photos.remove(id)));
    // The server works on a slice while the next one is written down here.
    const adding: Promise<unknown>[] = [];
    for (let at = 0; at < entries.length; at += sliceJobs) {
      const jobs = entries.slice(at, at + sliceJobs).map(({ id, batch, entry, megapixels }) => ({
        name: batch,
        data: entry,
        opts: {
          jobId: id,
          priority: priorityOf(megapixels),
          attempts: 3,
          backoff: { type: 'exponential', delay: 5000 },
          removeOnComplete: keptDone,
          stackTraceLimit: 0,
        },
      }));
      const added = this.#photos.addBulk(jobs).catch((error: unknown) => {
        throw addingProblem(error);
      });
      // The first that fails is told; others must not end the program for being told of by nobody.
      added.catch(() => undefined);
      adding.push(added);
      if (adding.length === slicesAhead) await adding.shift();
    }
    await Promise.all(adding);
  }

  /**
   * A worker that takes photos of the queue; the library's own, for it has the events that the caller needs.
   * @param leaseSeconds after so long without a sign of life another machine gets its photo
   */
  worker(name: string, concurrency: number, leaseSeconds: number, processor: Processor<Entry, JobResult>): Worker<Entry, JobResult> {
    return this.#connection.worker<Entry, JobResult>(photosName, processor, {
      name,
      concurrency,
      autorun: false,
      lockDuration: leaseSeconds * 1000,
      stalledInterval: leaseSeconds * 250,
      maxStalledCount: 3,
    });
  }

  async noteBatch(note: Omit<BatchNote, 'cancelled'>): Promise<void> {
    await this.#note(`batch-${note.batch}`, { ...note, cancelled: false });
  }

  async noteMachine(note: MachineNote): Promise<void> {
    await this.#note(`machine-${note.name}`, note);
  }

  async forgetMachine(name: string): Promise<void> {
    await this.#notes.remove(`machine-${name}`);
    await this.#notes.remove(`drain-${name}`);
  }

  /** A machine finishes what it is at and begins nothing more, until it is told that it may. */
  async drain(machine: string, drained: boolean): Promise<void> {
    await this.#note(`drain-${machine}`, { machine, drained });
  }

  async isDrained(machine: string): Promise<boolean> {
    const job = await this.#notes.getJob(`drain-${machine}`);
    return z.object({ drained: z.boolean() }).safeParse(job?.data).data?.drained === true;
  }

  async isCancelled(batch: string): Promise<boolean> {
    const job = await this.#notes.getJob(`batch-${batch}`);
    return batchNoteSchema.safeParse(job?.data).data?.cancelled === true;
  }

  pause = async (): Promise<void> => this.#photos.pause();
  resume = async (): Promise<void> => this.#photos.resume();

  /**
   * Nothing more of a batch, or of all, is begun; what is at work ends within a tile.
   * @returns how many photos no longer wait
   */
  async cancel(batch: string | null): Promise<number> {
    for (const note of await this.#batches()) {
      if (batch === null || note.batch === batch) await this.#note(`batch-${note.batch}`, { ...note, cancelled: true });
    }
    let removed = 0;
    for (const state of waitingStates) removed += await this.#remove(state, batch);
    return removed;
  }

  async #remove(state: (typeof waitingStates)[number], batch: string | null): Promise<number> {
    let removed = 0;
    for (let kept = 0; ;) {
      const jobs = await this.#photos.getJobs([state], kept, kept + sliceJobs - 1, true);
      if (jobs.length === 0) return removed;
      const ours = jobs.filter(({ name }) => batch === null || name === batch);
      // One that has begun meanwhile cannot be removed: it looks at the note of its batch.
      const gone = (await Promise.all(ours.map((job) => job.remove().then(isDone, isNotDone)))).filter((is) => is).length;
      removed += gone;
      kept += jobs.length - gone;
    }
  }

  async *failed(): AsyncGenerator<FailedJob> {
    for (let at = 0; ; at += sliceJobs) {
      const jobs = await this.#photos.getFailed(at, at + sliceJobs - 1);
      for (const job of jobs) yield failedJob(job);
      if (jobs.length < sliceJobs) return;
    }
  }

  /**
   * Failed photos wait once more, with all their attempts.
   * @returns how many
   */
  async retry(ids: readonly string[] | null): Promise<number> {
    let count = 0;
    const failed: string[] = ids === null ? [] : [...ids];
    if (ids === null) for await (const { id } of this.failed()) failed.push(id);
    for (const id of failed) {
      const job = await this.#photos.getJob(id);
      if (job === undefined || !(await job.isFailed())) continue;
      await job.retry('failed', { resetAttemptsMade: true, resetAttemptsStarted: true });
      count += 1;
    }
    return count;
  }

  /** What whoever looks after the server should know before it is too late. */
  async warnings(): Promise<readonly Sentence[]> {
    const room = await this.#connection.room();
    if (room === null) return [];
    const { usedBytes, mostBytes, whenFull } = room;
    const percent = mostBytes === 0 ? 0 : Math.floor((usedBytes / mostBytes) * 100);
    return [
      ...(whenFull === 'noeviction' ? [] : [sentence('fleet.queue.forgets', { policy: whenFull })]),
      ...(percent < nearlyFullPercent ? [] : [sentence('fleet.queue.nearlyFull', { percent })]),
    ];
  }

  /** A photo that is too large for a machine: what others can do comes first, here and everywhere. */
  async setAside(job: Job<Entry, JobResult>): Promise<void> {
    await job.changePriority({ priority: priorityOf(Infinity, lastBand) });
  }

  /** How many photos wait, run or wait for another attempt. */
  async left(): Promise<number> {
    const counts = await this.#counts();
    return waitingIn(counts) + (counts.active ?? 0);
  }

  async status(): Promise<FleetStatus> {
    const [counts, paused, active, batches, machines] = await Promise.all([
      this.#counts(),
      this.#photos.isPaused(),
      this.#photos.getActive(0, sliceJobs - 1),
      this.#batches(),
      this.#machines(),
    ]);
    const waiting = waitingIn(counts);
    const running = counts.active ?? 0;
    const perHour = machines.filter(isHeard).reduce((sum, { photosPerHour }) => sum + photosPerHour, 0);
    return {
      paused,
      waiting,
      running,
      failed: counts.failed ?? 0,
      batches,
      machines,
      photos: active.map((job) => ({ source: sourceOf(job), machine: job.processedBy ?? '', fraction: fractionOf(job) })),
      secondsLeft: perHour === 0 ? null : ((waiting + running) / perHour) * 3600,
    };
  }

  /** At work, failed, waiting in their order, done lately, with what the queue has of each that is yet to be done. */
  async photos(): Promise<{ readonly photos: readonly FleetPhoto[]; readonly entries: readonly unknown[] }> {
    const [active, failed, first, others, done] = await Promise.all([
      this.#photos.getActive(0, shownPhotos - 1),
      this.#photos.getFailed(0, shownPhotos - 1),
      this.#photos.getJobs(['prioritized'], 0, shownPhotos - 1, true),
      this.#photos.getJobs(['waiting', 'delayed'], 0, shownPhotos - 1, true),
      this.#photos.getCompleted(0, shownPhotos - 1),
    ]);
    const waiting = [...others, ...first].slice(0, shownPhotos);
    return {
      photos: [
        ...active.map((job) => shownPhoto(job, 'running')),
        ...failed.map((job) => shownPhoto(job, 'failed')),
        ...waiting.map((job) => shownPhoto(job, 'waiting')),
        ...done.map((job) => shownPhoto(job, 'done')),
      ],
      entries: [...active, ...waiting].map(({ data }) => data),
    };
  }

  async close(): Promise<void> {
    await Promise.allSettled([this.#photos.close(), this.#notes.close()]);
    await this.#connection.close();
  }

  /** At once, whatever is under way. */
  drop(): void {
    this.#connection.drop();
  }

  #counts(): Promise<Record<string, number>> {
    return this.#photos.getJobCounts(...waitingStates, 'active', 'failed');
  }

  async #batches(): Promise<BatchNote[]> {
    return (await this.#all()).flatMap((note) => batchNoteSchema.safeParse(note).data ?? []);
  }

  async #machines(): Promise<MachineNote[]> {
    return (await this.#all()).flatMap((note) => machineNoteSchema.safeParse(note).data ?? []);
  }

  async #all(): Promise<unknown[]> {
    return (await this.#notes.getJobs(['waiting'], 0, 9999)).map(({ data }) => data);
  }

  async #note(id: string, note: object): Promise<void> {
    const job = await this.#notes.getJob(id);
    if (job === undefined) await this.#notes.add('note', note, { jobId: id });
    else await job.updateData(note);
  }
}

/** Of jobs that are yet to be begun, or begun once more. */
const waitingStates = ['prioritized', 'waiting', 'delayed'] as const;
const waitingIn = (counts: Readonly<Record<string, number>>): number => waitingStates.reduce((sum, state) => sum + (counts[state] ?? 0), 0);

const isDone = (): boolean => true;
const isNotDone = (): boolean => false;
