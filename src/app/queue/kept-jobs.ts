import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Problem, problemOf } from '../../shared/problem.ts';
import { sentence } from '../../shared/sentence.ts';
import { jobLineSchema, type JobLine } from '../jobs/job-lines.ts';
import type { Begun, Job } from '../jobs/job.ts';
import { Jobs } from '../jobs/jobs.ts';
import { DoneIndex } from './done-index.ts';
import { FileLock } from './file-lock.ts';
import { Journal, type JournalKind } from './journal.ts';

const queueJournal: JournalKind<JobLine> = { name: 'onestep queue', version: 1, schema: jobLineSchema };

interface Opened {
  readonly lock: FileLock;
  readonly journal: Journal<JobLine>;
  readonly done: DoneIndex;
}

/** The jobs and the files that keep them: `queue.ndjson`, `done.ndjson` and the lock by which one application has both. */
export class KeptJobs {
  readonly jobs = new Jobs();
  readonly #folder: string;
  readonly #onTrouble: (problem: Problem) => void;
  #opened: Opened | null = null;

  /** `onTrouble` is called when nothing can be kept any more. */
  constructor(folder: string, onTrouble: (problem: Problem) => void) {
    this.#folder = folder;
    this.#onTrouble = onTrouble;
  }

  /**
   * Reads what an earlier run left. Jobs that it had begun wait again; they are told.
   * @throws Problem already-running, newer-version, not-writable
   */
  async open(): Promise<(Job & { readonly begun: Begun })[]> {
    await mkdir(this.#folder, { recursive: true });
    const lock = await FileLock.take(join(this.#folder, 'queue.lock'), {
      onLost: () => {
        this.#onTrouble(new Problem('already-running', sentence('journal.takenOver')));
      },
    });
    try {
      const { journal, lines } = await Journal.open(join(this.#folder, 'queue.ndjson'), queueJournal);
      for (const line of lines) this.jobs.apply(line);
      this.#opened = { lock, journal, done: await DoneIndex.open(join(this.#folder, 'done.ndjson')) };
    } catch (error) {
      await lock.release();
      throw error;
    }
    const begun = [...this.jobs.inOrder()].flatMap((job) =>
      job.state === 'running' && job.begun !== null ? [{ ...job, begun: job.begun }] : [],
    );
    for (const { id } of begun) this.jobs.interrupt(id);
    await this.#compactIfOld();
    return begun;
  }

  get done(): DoneIndex {
    return this.#files.done;
  }

  /** The line counts at once; `written` resolves when it is on the disk, or rejects with a Problem. */
  commit(line: JobLine): { readonly changed: string[]; readonly written: Promise<void> } {
    const { journal } = this.#files;
    const changed = this.jobs.apply(line);
    const written = journal.append([line]).catch((error: unknown) => {
      const problem = problemOf(error);
      this.#onTrouble(problem);
      throw problem;
    });
    this.#compactIfOld().catch(() => undefined);
    return { changed, written };
  }

  async close(): Promise<void> {
    const opened = this.#opened;
    this.#opened = null;
    await opened?.journal.close();
    await opened?.done.close();
    await opened?.lock.release();
  }

  get #files(): Opened {
    if (this.#opened === null) throw new Error('the queue is not open');
    return this.#opened;
  }

  /** A finished job takes three lines at most: what is more is history. */
  async #compactIfOld(): Promise<void> {
    const { journal } = this.#files;
    if (journal.lines > 1000 + 3 * this.jobs.size) await journal.rewrite(this.jobs.lines());
  }
}
