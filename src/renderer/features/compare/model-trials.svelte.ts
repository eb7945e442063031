import type { AppCalls } from '../../../shared/contract.ts';
import type { Options } from '../../../shared/options.ts';
import { problemOf, type ProblemData } from '../../../shared/problem.ts';
import type { Region } from '../../../shared/request.ts';
import { candidateKey, type Candidate } from './candidates.ts';
import { Comparison } from './comparison.svelte.ts';
import type { Picture } from './picture.ts';

type TrialState =
  | { readonly kind: 'waiting' }
  | { readonly kind: 'running' }
  | { readonly kind: 'shown'; readonly picture: Picture; readonly seconds: number }
  | { readonly kind: 'failed'; readonly problem: ProblemData };

export interface Trial {
  readonly candidate: Candidate;
  readonly state: TrialState;
}

interface TrialSubject {
  readonly id: number;
  readonly source: Picture;
  readonly region: Region;
  /** How many times larger a result is expected to be. */
  readonly scale: number;
}

type Calls = Pick<AppCalls, 'preview' | 'cancelPreviews' | 'pyramid'>;

/** One rectangle of a photo enhanced in several ways, one after another; what was tried once is kept. */
export class ModelTrials {
  trials = $state.raw<readonly Trial[]>([]);
  /** The trial that the others are held against; null: the photo as it is. */
  reference = $state<string | null>(null);
  /** All are looked at alike. */
  readonly comparison = new Comparison();
  readonly #calls: Calls;
  readonly subject: TrialSubject;
  readonly #options: Options;
  #running = false;
  #closed = false;

  constructor(calls: Calls, subject: TrialSubject, options: Options) {
    this.#calls = calls;
    this.subject = subject;
    this.#options = options;
    this.comparison.mode = 'flip';
    const { width, height } = subject.region;
    this.comparison.visit({ width: Math.round(width * subject.scale), height: Math.round(height * subject.scale) });
  }

  get referenceTrial(): Trial | null {
    return this.trials.find(({ candidate }) => candidateKey(candidate) === this.reference) ?? null;
  }

  /** What is tried, in its order. */
  get chosen(): readonly Candidate[] {
    return this.trials.map(({ candidate }) => candidate);
  }

  choose(candidates: readonly Candidate[]): void {
    const known = new Map(this.trials.map((trial) => [candidateKey(trial.candidate), trial]));
    this.trials = candidates.map((candidate) => known.get(candidateKey(candidate)) ?? { candidate, state: { kind: 'waiting' } });
    if (this.referenceTrial === null) this.reference = null;
    void this.#work();
  }

  retry(candidate: Candidate): void {
    this.#set(candidate, { kind: 'waiting' });
    void this.#work();
  }

  /** The options that a trial was made with. */
  optionsOf({ model, strength }: Candidate): Options {
    return { ...this.#options, model, strength };
  }

  close(): void {
    this.#closed = true;
    this.comparison.close();
    if (this.#running) void this.#calls.cancelPreviews().catch(() => undefined);
  }

  async #work(): Promise<void> {
    if (this.#running) return;
    this.#running = true;
    try {
      for (let next = this.#next(); next !== null; next = this.#next()) await this.#run(next);
    } finally {
      this.#running = false;
    }
  }

  #next(): Candidate | null {
    return this.#closed ? null : (this.trials.find(({ state }) => state.kind === 'waiting')?.candidate ?? null);
  }

  async #run(candidate: Candidate): Promise<void> {
    this.#set(candidate, { kind: 'running' });
    try {
      const { photo: id, version, seconds } = await this.#calls.preview(this.subject.id, this.subject.region, this.optionsOf(candidate));
      this.#set(candidate, { kind: 'shown', picture: { id, version, pyramid: await this.#calls.pyramid(id) }, seconds });
    } catch (error) {
      this.#set(candidate, { kind: 'failed', problem: problemOf(error).toData() });
    }
  }

  #set(candidate: Candidate, state: TrialState): void {
    const key = candidateKey(candidate);
    this.trials = this.trials.map((trial) => (candidateKey(trial.candidate) === key ? { candidate: trial.candidate, state } : trial));
  }
}
