import type { Options } from '../../shared/options.ts';
import { foldersUnder } from '../batch-requests.ts';
import type { FoundPhoto } from '../collect-photos.ts';
import { jobsPerLine } from './jobs.ts';
import type { QueueLine } from './queue-lines.ts';

/** Few enough to be written down at once. */
const firstSlice = 100;

/** Different in every run of the application: ids are never given twice. */
const run = Date.now().toString(36);
let given = 0;
const newId = (): string => {
  given += 1;
  return `${run}-${given.toString(36)}`;
};

/** The lines that add photos to the queue, each job with an id of its own. */
export function* addedLines(photos: readonly FoundPhoto[], options: Options): Generator<Extract<QueueLine, { type: 'added' }>> {
  const folders = options.output === null ? photos.map(({ under }) => under) : foldersUnder(photos);
  for (let at = 0, count = firstSlice; at < photos.length; at += count, count = jobsPerLine) {
    const slice = photos.slice(at, at + count).map(({ path, skipIfResult }, index) => {
      return { id: newId(), source: path, under: folders[at + index] ?? '', skipIfResult };
    });
    yield { type: 'added', options, photos: slice };
  }
}
