import { stat } from 'node:fs/promises';
import type { JobCard, JobState } from '../../../shared/queue.ts';
import { fileOnDisk } from '../../photo-walk.ts';
import type { PhotoRegister } from '../../photos/photo-register.ts';
import type { LibraryFile } from './library-file.ts';
import type { PhotoList } from './photo-list.ts';

interface JobFact {
  readonly jobId: string;
  readonly state: JobState;
  /** Absolute path of what it wrote; null until it has. */
  readonly output: string | null;
}

/** What the queue has said last about each photo, whether the photo is in the library yet or not, and the results of its jobs. */
export class JobResults {
  readonly #list: PhotoList;
  readonly #register: PhotoRegister;
  readonly #isOpened: (path: string) => boolean;
  readonly #byPhoto = new Map<number, JobFact>();

  /** @param isOpened whether a path lies in an opened folder or was opened itself */
  constructor(list: PhotoList, register: PhotoRegister, isOpened: (path: string) => boolean) {
    this.#list = list;
    this.#register = register;
    this.#isOpened = isOpened;
  }

  /** What the queue tells of its jobs. */
  async take(cards: readonly JobCard[]): Promise<void> {
    for (const card of cards) {
      const fact = this.#factOf(card);
      const file = this.#list.files.get(card.photoId);
      if (file !== null && fact !== null) await this.#apply(file, fact);
    }
  }

  /** A photo that the queue may have spoken of before comes into the list. */
  recall(file: LibraryFile): void {
    const fact = this.#byPhoto.get(file.id);
    if (fact !== undefined) void this.#apply(file, fact);
  }

  /** Forgets jobs that are not on the queue's list any more. */
  keepOnly(jobIds: ReadonlySet<string>): void {
    for (const [photo, { jobId }] of this.#byPhoto) {
      if (jobIds.has(jobId)) continue;
      this.#byPhoto.delete(photo);
      const file = this.#list.files.get(photo);
      if (file === null) continue;
      Object.assign(file, { jobId: null, jobState: null });
      this.#list.changed(file);
    }
  }

  /** Null where an earlier job speaks while a later one is still at work. */
  #factOf({ id, photoId, state, resultId }: JobCard): JobFact | null {
    const known = this.#byPhoto.get(photoId);
    if (known !== undefined && known.jobId !== id && isAhead(known.state) && !isAhead(state)) return null;
    const fact = { jobId: id, state, output: resultId === null ? null : this.#register.pathOf(resultId) };
    this.#byPhoto.set(photoId, fact);
    return fact;
  }

  async #apply(file: LibraryFile, { jobId, state, output }: JobFact): Promise<void> {
    Object.assign(file, { jobId, jobState: state });
    if (output !== null) await this.#link(file, output);
    this.#list.changed(file);
  }

  async #link(original: LibraryFile, output: string): Promise<void> {
    const found = await stat(output).catch(() => null);
    if (found === null) return;
    await this.#register.allow(output);
    this.#list.link(original, this.#list.put(fileOnDisk(output, found), this.#isOpened(output)));
  }
}

const isAhead = (state: JobState): boolean => state === 'waiting' || state === 'running';
