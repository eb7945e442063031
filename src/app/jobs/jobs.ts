import { dirname, sep } from 'node:path';
import type { Plan } from '../../shared/engine-protocol.ts';
import { optionsSchema, type Options } from '../../shared/options.ts';
import { jobStates, type JobProgress, type JobState } from '../../shared/queue.ts';
import { grouped } from './grouped.ts';
import { jobsPerLine, type Ending, type JobLine } from './job-lines.ts';
import { following, fresh, isOver, newJob, type Job } from './job.ts';

/**
 * Jobs in their order: what their lines come to, one after another. Lines about jobs that are not there, or that cannot follow,
 * change nothing.
 */
export class Jobs {
  readonly #jobs = new Map<string, Job>();
  readonly #counts = Object.fromEntries(jobStates.map((state) => [state, 0])) as Record<JobState, number>;
  /** The photos of each result of a job that is done. */
  readonly #results = new Map<string, string[]>();
  /** Photos that were chosen themselves, by folder; null until somebody asks. */
  #chosen: Map<string, string[]> | null = null;
  #order: string[] = [];
  /** No job before this place of the order waits: finding the next one must not cost more with every one that is done. */
  #firstWaiting = 0;
  #paused = false;

  get size(): number {
    return this.#order.length;
  }

  get ids(): readonly string[] {
    return this.#order;
  }

  /** In order, jobs in one of these states; all where none is named. */
  idsIn(states: readonly JobState[]): readonly string[] {
    return states.length === 0 ? this.#order : this.#order.filter((id) => states.includes(this.#jobs.get(id)?.state ?? 'waiting'));
  }

  get counts(): Readonly<Record<JobState, number>> {
    return { ...this.#counts };
  }

  /** Nothing is left to do. */
  get areOver(): boolean {
    return this.#counts.waiting + this.#counts.running === 0;
  }

  /** A person has said so, and has not taken it back. */
  get paused(): boolean {
    return this.#paused;
  }

  get(id: string): Job | undefined {
    return this.#jobs.get(id);
  }

  /** Whether the job is there and may come into that state. */
  mayFollow(id: string, state: JobState): boolean {
    const job = this.#jobs.get(id);
    return job !== undefined && following[job.state].includes(state);
  }

  *inOrder(): Iterable<Job> {
    for (const id of this.#order) {
      const job = this.#jobs.get(id);
      if (job !== undefined) yield job;
    }
  }

  /** In order, jobs that wait. */
  *waiting(): Iterable<Job> {
    const waits = (at: number): boolean => this.#jobs.get(this.#order[at] ?? '')?.state === 'waiting';
    while (this.#firstWaiting < this.#order.length && !waits(this.#firstWaiting)) this.#firstWaiting += 1;
    const order = this.#order;
    for (let at = this.#firstWaiting; at < order.length; at += 1) {
      const job = this.#jobs.get(order[at] ?? '');
      if (job?.state === 'waiting') yield job;
    }
  }

  /** The job that made a result; the last of those that wrote over each other. Null where it is not on the list. */
  makerOf(output: string): Job | null {
    if (!this.#results.has(output)) return null;
    const id = this.#order.findLast((one) => {
      const job = this.#jobs.get(one);
      return job?.state === 'done' && job.output === output;
    });
    return (id === undefined ? undefined : this.#jobs.get(id)) ?? null;
  }

  /** Results of other photos of the list. */
  *resultsOfOthers(source: string): Iterable<string> {
    for (const output of this.#results.keys()) if (this.isResultOfOther(output, source)) yield output;
  }

  isResultOfOther(output: string, source: string): boolean {
    return this.#results.get(output)?.some((other) => other !== source) === true;
  }

  /** The photos that were chosen themselves and lie in a folder or, with `below`, below it. */
  chosenIn(folder: string, below: boolean): string[] {
    this.#chosen ??= grouped(
      [...this.inOrder()].filter(({ skipIfResult }) => !skipIfResult).map(({ source }) => source),
      dirname,
    );
    if (!below) return this.#chosen.get(folder) ?? [];
    return [...this.#chosen.values()].flat().filter((source) => source.startsWith(folder + sep));
  }

  /** The ids of the jobs that the line changed. */
  apply(line: JobLine): string[] {
    switch (line.type) {
      case 'added':
        return this.#add(line);
      case 'changed':
        return this.#change(line.ids, line.options);
      case 'moved':
        return this.#move(line.ids, line.before);
      case 'begun':
        return this.#begin(line) ? [line.id] : [];
      case 'returned':
        return this.#set(line.id, 'waiting', { begun: null, progress: null }) ? [line.id] : [];
      case 'ended':
        return this.#end(line.id, line) ? [line.id] : [];
      case 'cancelled':
        return line.ids.filter((id) => this.#end(id, cancelledEnding));
      case 'retried':
        return line.ids.filter((id) => this.#retry(id));
      case 'cleared':
        return this.#clear(line.ids);
      case 'paused':
        this.#paused = line.paused;
        return [];
    }
  }

  /** The job is being looked at; nothing that would have to survive has happened yet. */
  pick(id: string): boolean {
    return this.#set(id, 'running', {});
  }

  /** The job waits again, and what was begun is known: an earlier run of the application left it. */
  interrupt(id: string): void {
    this.#set(id, 'waiting', { progress: null });
  }

  /** What is known of a job besides; it is forgotten when the job ends. */
  know(id: string, known: { plan: Plan } | { progress: JobProgress }): void {
    const job = this.#jobs.get(id);
    if (job?.state === 'waiting' || job?.state === 'running') this.#jobs.set(id, { ...job, ...known });
  }

  /** The fewest lines that come to the same. */
  lines(): JobLine[] {
    const lines: JobLine[] = [];
    for (const { id, source, under, skipIfResult, options } of this.inOrder()) {
      const photo = { id, source, under, skipIfResult };
      const last = lines.at(-1);
      if (last?.type === 'added' && last.options === options && last.photos.length < jobsPerLine) last.photos.push(photo);
      else lines.push({ type: 'added', options, photos: [photo] });
    }
    const again: string[] = [];
    for (const { id, state, begun, output, report, problem, reason, ...job } of this.inOrder()) {
      if (begun !== null) lines.push({ type: 'begun', id, ...begun });
      if (isOver(state)) lines.push({ type: 'ended', id, state, output, report, problem, reason });
      else if (job.again) again.push(id);
    }
    if (again.length > 0) {
      for (const id of again) lines.push({ type: 'ended', id, ...skippedEnding });
      lines.push({ type: 'retried', ids: again });
    }
    if (this.#paused) lines.push({ type: 'paused', paused: true });
    return lines;
  }

  #add({ photos, options }: Extract<JobLine, { type: 'added' }>): string[] {
    const added = photos.filter(({ id }) => !this.#jobs.has(id));
    for (const photo of added) {
      this.#jobs.set(photo.id, newJob(photo, options));
      this.#order.push(photo.id);
    }
    this.#counts.waiting += added.length;
    if (added.length > 0) this.#chosen = null;
    return added.map(({ id }) => id);
  }

  /** Jobs that shared one set of options share the changed one. */
  #change(ids: readonly string[], patch: Readonly<Record<string, unknown>>): string[] {
    const changed = new Map<Options, Options>();
    return ids.filter((id) => {
      const job = this.#jobs.get(id);
      if (job?.state !== 'waiting') return false;
      const options = changed.get(job.options) ?? optionsSchema.parse({ ...job.options, ...patch });
      changed.set(job.options, options);
      this.#jobs.set(id, { ...job, options, plan: null, begun: null });
      return true;
    });
  }

  #move(ids: readonly string[], before: string | null): string[] {
    const moved = new Set(ids.filter((id) => id !== before && this.#jobs.get(id)?.state === 'waiting'));
    const staying = this.#order.filter((id) => !moved.has(id));
    const at = before === null ? -1 : staying.indexOf(before);
    this.#order = staying.toSpliced(at === -1 ? staying.length : at, 0, ...moved);
    this.#firstWaiting = 0;
    return [...moved];
  }

  #clear(ids: readonly string[]): string[] {
    const cleared = ids.filter((id) => isOver(this.#jobs.get(id)?.state ?? 'waiting'));
    for (const id of cleared) {
      const job = this.#jobs.get(id);
      if (job === undefined) continue;
      this.#counts[job.state] -= 1;
      if (job.state === 'done' && job.output !== null) this.#forgetResult(job.output, job.source);
      this.#jobs.delete(id);
    }
    if (cleared.length > 0) {
      this.#order = this.#order.filter((id) => this.#jobs.has(id));
      this.#chosen = null;
      this.#firstWaiting = 0;
    }
    return cleared;
  }

  #forgetResult(output: string, source: string): void {
    const sources = this.#results.get(output) ?? [];
    const others = sources.toSpliced(sources.indexOf(source), 1);
    if (others.length === 0) this.#results.delete(output);
    else this.#results.set(output, others);
  }

  #begin({ id, destination, before, processId }: Extract<JobLine, { type: 'begun' }>): boolean {
    const job = this.#jobs.get(id);
    if (job === undefined || (job.state !== 'running' && !this.#set(id, 'running', {}))) return false;
    this.#jobs.set(id, { ...job, state: 'running', begun: { destination, before, processId } });
    return true;
  }

  #retry(id: string): boolean {
    const job = this.#jobs.get(id);
    return job !== undefined && this.#set(id, 'waiting', { ...fresh, again: job.again || job.state === 'skipped' });
  }

  #end(id: string, { state, output, report, problem, reason }: Ending): boolean {
    if (!this.#set(id, state, { ...fresh, output, report, problem, reason })) return false;
    const source = this.#jobs.get(id)?.source;
    if (state === 'done' && output !== null && source !== undefined)
      this.#results.set(output, [...(this.#results.get(output) ?? []), source]);
    return true;
  }

  #set(id: string, state: JobState, more: Partial<Omit<Job, 'id' | 'source' | 'state'>>): boolean {
    const job = this.#jobs.get(id);
    if (job === undefined || !this.mayFollow(id, state)) return false;
    this.#counts[job.state] -= 1;
    this.#counts[state] += 1;
    if (state === 'waiting') this.#firstWaiting = 0;
    this.#jobs.set(id, { ...job, ...more, state });
    return true;
  }
}

const nothing = { output: null, report: null, problem: null, reason: null } as const;
const cancelledEnding: Ending = { ...nothing, state: 'cancelled' };
const skippedEnding: Ending = { ...nothing, state: 'skipped' };
