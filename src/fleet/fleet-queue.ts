import type { Job, Processor, Queue, Worker } from 'bullmq';
import * as z from 'zod';
import { problemSchema } from '../shared/json-events.ts';
import { sentence, type Sentence } from '../shared/sentence.ts';
import { addingProblem, type Connection } from './connection.ts';
import { lastBand, priorityOf, type Entry } from './payload.ts';

/** Names of the queues on the server. What is said of batches and machines lies in one that nobody works off. */
const photosName = 'onestep';
const notesName = 'onestep-notes';

/** So many jobs are added, read or removed at a time. */
const sliceJobs = 1000;
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

export const batchNoteSchema = z.object({
  batch: z.string(),
  /** As the machine that added it saw it. */
  folder: z.string(),
  photos: z.int(),
  /** Milliseconds since 1970. */
  added: z.number(),
  cancelled: z.boolean(),
});
export type BatchNote = z.infer<typeof batchNoteSchema>;

/** What a machine of the fleet says of itself every 20 s. */
export const machineNoteSchema = z.object({
  name: z.string(),
  version: z.string(),
  state: z.enum(['working', 'idle', 'paused', 'leaving']),
  device: z.string(),
  /** Photos at work now, as places of the fleet. */
  photos: z.array(z.string()),
  done: z.int(),
  failed: z.int(),
  megapixelsPerSecond: z.number(),
  photosPerHour: z.number(),
  fault: z.string().nullable(),
  /** Milliseconds since 1970. */
  seen: z.number(),
});
export type MachineNote = z.infer<typeof machineNoteSchema>;

export interface FailedJob {
  readonly id: string;
  readonly batch: string;
  /** As a place of the fleet, `nas:2019/photo.jpg`. */
  readonly source: string;
  readonly machine: string;
  readonly problem: z.infer<typeof problemSchema>;
}

export interface FleetStatus {
  readonly paused: boolean;
  readonly waiting: number;
  readonly running: number;
  readonly failed: number;
  readonly batches: readonly BatchNote[];
  readonly machines: readonly MachineNote[];
  /** Photos at work, who has them and how far they are. */
  readonly photos: readonly { readonly source: string; readonly machine: string; readonly fraction: number }[];
  /** By what machines have done lately; null where none has. */
  readonly secondsLeft: number | null;
}

/** A server that is as full as that is told of. */
const nearlyFullPercent = 80;

/** A machine that was silent for longer has gone. */
const silentSeconds = 90;

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
      adding.push(
        this.#photos.addBulk(jobs).catch((error: unknown) => {
          throw addingProblem(error);
        }),
      );
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

  async close(): Promise<void> {
    await Promise.allSettled([this.#photos.close(), this.#notes.close()]);
    await this.#connection.close();
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

  async #note(id: string, note: BatchNote | MachineNote): Promise<void> {
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

export const isHeard = ({ seen }: Pick<MachineNote, 'seen'>): boolean => Date.now() - seen < silentSeconds * 1000;

const progressSchema = z.object({ fraction: z.number().min(0).max(1) });
const fractionOf = ({ progress }: Job): number => progressSchema.safeParse(progress).data?.fraction ?? 0;

const shownSchema = z.object({ source: z.object({ root: z.string(), path: z.string() }) });

/** For people: what is done with it is asked of the checked entry. */
function sourceOf({ data, id = '' }: Job<Entry>): string {
  const body = z.object({ body: z.string().max(20_000) }).safeParse(data).data?.body;
  const shown = shownSchema.safeParse(body === undefined ? null : parsed(body)).data;
  return shown === undefined ? id : `${shown.source.root}:${shown.source.path}`;
}

function failedJob(job: Job<Entry>): FailedJob {
  const problem = problemSchema.safeParse(parsed(job.failedReason)).data ?? {
    code: 'internal-error',
    message: job.failedReason,
    advice: '',
  };
  return { id: job.id ?? '', batch: job.name, source: sourceOf(job), machine: job.processedBy ?? '', problem };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
