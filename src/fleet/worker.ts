import { randomBytes } from 'node:crypto';
import { UnrecoverableError, WaitingError, type Job, type Worker } from 'bullmq';
import type { Ending } from '../app/jobs/job-lines.ts';
import type { JobEngine } from '../app/jobs/job-run.ts';
import { removeUnfinished } from '../app/leftovers.ts';
import type { Progress } from '../shared/engine-protocol.ts';
import { Problem, problemOf, type ProblemCode } from '../shared/problem.ts';
import { sentence } from '../shared/sentence.ts';
import { carryOut, MachineFault, type Workplace } from './carry-out.ts';
import type { FleetQueue, JobResult } from './fleet-queue.ts';
import { Ledger, recordOf } from './ledger.ts';
import { keptProblem, MachineFacts } from './machine-facts.ts';
import { placeInWords, readEntry, type Entry, type Payload } from './payload.ts';
import { TooLarge } from './too-large.ts';

const seconds = 1000;
/** How often others are told how far a photo is, and what this machine does. */
const progressEvery = 2 * seconds;
const noteEvery = 20 * seconds;
/** How often this machine asks whether it is to rest, and a photo at work whether its batch was cancelled. */
const drainEvery = 3 * seconds;
const cancelEvery = 1 * seconds;
/** Longer than a computer stands still that is only busy. */
const leaseSeconds = 60;
/** A machine with a fault pauses, for twice as long each time. */
const pauseSeconds = { least: 5, most: 300 };
/** A photo that so many machines put back is at fault itself. */
const mostStarts = 30;

/** What may go another way on the next machine; every other failure of a photo is its own, and final. */
const worthAnotherAttempt: readonly ProblemCode[] = ['engine-stopped', 'internal-error', 'not-verified', 'wrong-output'];

export type WorkerEvent =
  | { readonly event: 'begun'; readonly source: string }
  | {
      readonly event: 'ended';
      readonly source: string;
      readonly destination: string;
      readonly state: Ending['state'];
      readonly seconds: number;
    }
  | { readonly event: 'failed'; readonly source: string; readonly problem: Problem; readonly again: boolean }
  | { readonly event: 'put-back'; readonly source: string; readonly problem: Problem; readonly pausedSeconds: number }
  | { readonly event: 'resumed' };

export interface WorkerSetting extends Omit<Workplace, 'engine'> {
  readonly queue: FleetQueue;
  /** One photo at a time each. */
  readonly engines: readonly JobEngine[];
  /** What others call this machine. */
  readonly name: string;
  readonly version: string;
  /** After so long without a sign of life another machine gets its photo. */
  readonly leaseSeconds?: number | undefined;
  readonly tell: (event: WorkerEvent) => void;
}

interface AtWork {
  readonly source: string;
  readonly stop: AbortController;
}

function resolvable(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((done) => (resolve = done));
  return { promise, resolve };
}

/** A machine of the fleet: takes photos off the queue one after another until it is told to leave. */
export class FleetWorker {
  readonly #setting: WorkerSetting;
  readonly #id: string;
  readonly #worker: Worker<Entry, JobResult>;
  readonly #ledger: Ledger;
  readonly #free: JobEngine[];
  readonly #atWork = new Map<string, AtWork>();
  readonly #facts = new MachineFacts();
  #faults = 0;
  readonly #tooLarge = new TooLarge();
  #resumeTimer: NodeJS.Timeout | undefined;
  #leaving = false;
  /** Somebody wants it to begin nothing more. */
  #drained = false;
  readonly #gone = resolvable();

  constructor(setting: WorkerSetting) {
    this.#setting = setting;
    this.#id = `${setting.name.replaceAll(/[^\w.-]/g, '-')}-${randomBytes(3).toString('hex')}`;
    this.#ledger = new Ledger(this.#id);
    this.#free = [...setting.engines];
    // Three parameters: the library gives a signal only to those who name it.
    this.#worker = setting.queue.worker(this.#id, setting.engines.length, setting.leaseSeconds ?? leaseSeconds, (job, token, signal) =>
      this.#process(job, token, signal),
    );
    // Its batch may be added again, and then it is no longer cancelled.
    this.#worker.on('completed', (job, { status }) => {
      if (status === 'cancelled') job.remove().catch(() => undefined);
    });
    // Somebody else has the photo now: it stood still for a minute here.
    this.#worker.on('lockRenewalFailed', (ids) => {
      for (const id of ids) this.#atWork.get(id)?.stop.abort();
    });
  }

  /** Works until {@link leave}; outages of the queue are waited for. */
  async run(): Promise<void> {
    const timer = setInterval(() => void this.#note(), noteEvery);
    const asking = setInterval(() => void this.#askWhetherToRest(), drainEvery);
    void this.#note();
    // Its loop also ends when it pauses, and is begun anew by its own `resume`.
    this.#worker.run().catch(() => undefined);
    await this.#gone.promise;
    clearInterval(timer);
    clearInterval(asking);
    clearTimeout(this.#resumeTimer);
    await this.#ledger.close();
    await this.#setting.queue.forgetMachine(this.#id).catch(() => undefined);
  }

  /** Begins nothing more. Photos at work are finished or, where it is to be `now`, go back to the queue. */
  async leave({ now }: { now: boolean }): Promise<void> {
    this.#leaving = true;
    void this.#note();
    if (now) for (const { stop } of this.#atWork.values()) stop.abort();
    await this.#worker.close();
    this.#gone.resolve();
  }

  async #askWhetherToRest(): Promise<void> {
    const drained = await this.#setting.queue.isDrained(this.#id).catch(() => this.#drained);
    if (drained === this.#drained || this.#leaving) return;
    this.#drained = drained;
    if (drained) await this.#worker.pause(true);
    else if (this.#resumeTimer === undefined) await this.#worker.resume();
    void this.#note();
  }

  async #process(job: Job<Entry, JobResult>, token = '', signal?: AbortSignal): Promise<JobResult> {
    const { id = '' } = job;
    // It was waiting for one when it was told to rest.
    if (this.#drained) return putBack(job, token);
    const engine = this.#free.pop();
    if (engine === undefined) throw new Error('more photos than engines');
    const stop = new AbortController();
    const abort = (): void => {
      stop.abort();
    };
    signal?.addEventListener('abort', abort, { once: true });
    let payload: Payload | null = null;
    try {
      payload = this.#read(job);
      this.#tooLarge.check(id);
      this.#atWork.set(id, { source: placeInWords(payload.source), stop });
      return await this.#work(job, payload, engine, stop, token);
    } catch (error) {
      if (error instanceof WaitingError) throw error;
      const source = payload === null ? id : placeInWords(payload.source);
      if (error instanceof MachineFault && job.attemptsStarted < mostStarts) {
        if (error.isTooLarge) await this.#setAside(job, token, source, error.problem);
        return await this.#putBack(job, token, source, error.problem);
      }
      throw await this.#failure(job, payload, source, error instanceof MachineFault ? error.problem : problemOf(error));
    } finally {
      signal?.removeEventListener('abort', abort);
      this.#atWork.delete(id);
      this.#free.push(engine);
    }
  }

  /** @throws MachineFault for what this machine cannot know, Problem for what none should */
  #read({ data }: Job<Entry>): Payload {
    try {
      return readEntry(data, this.#setting.roots.keyOf);
    } catch (error) {
      const problem = problemOf(error);
      throw problem.code === 'newer-version' || problem.code === 'not-found' ? new MachineFault(problem) : problem;
    }
  }

  async #work(job: Job<Entry, JobResult>, payload: Payload, engine: JobEngine, stop: AbortController, token: string): Promise<JobResult> {
    const { queue, tell } = this.#setting;
    if (await queue.isCancelled(payload.batch)) return { status: 'cancelled', destination: null };
    const source = placeInWords(payload.source);
    tell({ event: 'begun', source });
    const batch = { isCancelled: false };
    const asking = setInterval(() => {
      queue.isCancelled(payload.batch).then(
        (is) => {
          if (!is) return;
          batch.isCancelled = true;
          stop.abort();
        },
        () => undefined,
      );
    }, cancelEvery);
    const began = performance.now();
    try {
      const onProgress = this.#progressOf(job);
      const ending = await carryOut(payload, { ...this.#setting, engine }, { signal: stop.signal, onProgress });
      if (ending === null) {
        if (batch.isCancelled) return { status: 'cancelled', destination: null };
        return await putBack(job, token);
      }
      return await this.#end(job, payload, ending, (performance.now() - began) / 1000);
    } finally {
      clearInterval(asking);
    }
  }

  #progressOf(job: Job): (progress: Progress) => void {
    let told = 0;
    return ({ fraction, provider, stage }) => {
      if (provider !== undefined) this.#facts.device = provider;
      const now = performance.now();
      if (now - told < progressEvery) return;
      told = now;
      job.updateProgress({ fraction, stage }).catch(() => undefined);
    };
  }

  /** Writes down what became of the photo before the queue is told: whoever finds it undone in the queue finds it done there. */
  async #end(job: Job, payload: Payload, ending: Ending, took: number): Promise<JobResult> {
    const { tell } = this.#setting;
    this.#faults = 0;
    this.#facts.fault = null;
    this.#tooLarge.done();
    if (ending.state === 'failed') throw Problem.fromData(ending.problem ?? problemOf(null).toData());
    await this.#record(job, payload, ending);
    // Somebody else was at it before.
    if (ending.state === 'done' && ending.output !== null && job.attemptsStarted > 1) await removeUnfinished(ending.output);
    this.#facts.done(payload.megapixels, took);
    const destination = placeInWords(payload.destination);
    tell({ event: 'ended', source: placeInWords(payload.source), destination, state: ending.state, seconds: took });
    return { status: ending.state === 'skipped' ? 'skipped' : 'done', destination };
  }

  async #record({ id = '' }: Job, payload: Payload, ending: Ending): Promise<void> {
    const root = this.#setting.roots.get(payload.destination.root);
    if (root === undefined) return;
    const record = await recordOf(id, payload, ending);
    await this.#ledger.append(root, payload.batch, record).catch((error: unknown) => {
      throw new MachineFault(new Problem('not-writable', sentence('fleet.ledger.notWritten'), { detail: String(error), cause: error }));
    });
  }

  /**
   * A photo that is too large for this machine waits behind all others, with all its attempts, for one that can do it; this one goes
   * on. Returns where many were too large: then it is for the machine.
   */
  async #setAside(job: Job<Entry, JobResult>, token: string, source: string, problem: Problem): Promise<void> {
    if (!this.#tooLarge.found(job.id ?? '', problem)) return;
    await this.#setting.queue.setAside(job);
    this.#setting.tell({ event: 'put-back', source, problem, pausedSeconds: 0 });
    await putBack(job, token);
  }

  /** The photo waits again with all its attempts, and this machine pauses: what is wrong with it should not drain the queue. */
  async #putBack(job: Job, token: string, source: string, problem: Problem): Promise<never> {
    this.#faults += 1;
    this.#facts.fault = problem;
    const pausedSeconds = Math.min(pauseSeconds.least * 2 ** (this.#faults - 1), pauseSeconds.most);
    await this.#worker.pause(true);
    const back = putBack(job, token);
    this.#setting.tell({ event: 'put-back', source, problem, pausedSeconds });
    void this.#note();
    clearTimeout(this.#resumeTimer);
    this.#resumeTimer = setTimeout(() => {
      this.#resumeTimer = undefined;
      if (this.#leaving || this.#drained) return;
      this.#setting.tell({ event: 'resumed' });
      void this.#worker.resume();
    }, pausedSeconds * seconds);
    return back;
  }

  /** What the queue is told of a photo that failed; its text is what `fleet failed` shows. */
  async #failure(job: Job, payload: Payload | null, source: string, problem: Problem): Promise<Error> {
    const isFinal = !worthAnotherAttempt.includes(problem.code);
    const isLast = isFinal || job.attemptsMade + 1 >= (job.opts.attempts ?? 1);
    this.#setting.tell({ event: 'failed', source, problem, again: !isLast });
    if (isLast) this.#facts.failed += 1;
    const ending = { state: 'failed', output: null, report: null, problem: problem.toData(), reason: null } as const;
    if (isLast && payload !== null) await this.#record(job, payload, ending).catch(() => undefined);
    const text = JSON.stringify(keptProblem(problem));
    return isFinal ? new UnrecoverableError(text) : new Error(text);
  }

  async #note(): Promise<void> {
    const { queue, version } = this.#setting;
    const photos = [...this.#atWork.values()].map(({ source }) => source);
    const note = this.#facts.note({ name: this.#id, version, drained: this.#drained, leaving: this.#leaving, photos });
    await queue.noteMachine(note).catch(() => undefined);
  }
}

/** The photo waits again, for another machine. */
async function putBack(job: Job, token: string): Promise<never> {
  await job.moveToWait(token);
  throw new WaitingError();
}
