import type { JobCard, JobState } from '../../shared/queue.ts';

export interface JobFact {
  readonly jobId: string;
  readonly state: JobState;
  /** Absolute path of what it wrote; null until it has. */
  readonly output: string | null;
}

/** What the queue has said last about each photo, whether the photo is in the library yet or not. */
export class JobFacts {
  readonly #byPhoto = new Map<number, JobFact>();

  of(photo: number): JobFact | null {
    return this.#byPhoto.get(photo) ?? null;
  }

  /**
   * @param output where the job's result lies; null while there is none
   * @returns null where an earlier job speaks while a later one is still at work
   */
  take({ id, photoId, state }: JobCard, output: string | null): JobFact | null {
    const known = this.#byPhoto.get(photoId);
    if (known !== undefined && known.jobId !== id && isAhead(known.state) && !isAhead(state)) return null;
    const fact = { jobId: id, state, output };
    this.#byPhoto.set(photoId, fact);
    return fact;
  }

  /** Forgets jobs that are not on the queue's list any more. @returns their photos */
  keepOnly(jobIds: ReadonlySet<string>): number[] {
    const gone = [...this.#byPhoto].filter(([, { jobId }]) => !jobIds.has(jobId)).map(([photo]) => photo);
    for (const photo of gone) this.#byPhoto.delete(photo);
    return gone;
  }
}

const isAhead = (state: JobState): boolean => state === 'waiting' || state === 'running';
