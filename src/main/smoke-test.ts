import { resolve as resolvePath } from 'node:path';
import type { Application } from '../app/application.ts';
import type { JobCard } from '../shared/queue.ts';

/** What a package did by itself, as one line of JSON for whoever made it. */
interface SmokeReport {
  readonly state: JobCard['state'] | 'no photo';
  /** The result beside the photo. */
  readonly output: string | null;
  readonly provider: string | null;
  readonly thumbnailBytes: number;
  /** Why there is no result. */
  readonly problem: string | null;
}

/**
 * `--smoke-test=<photo>`: what a package must be able to do, without a hand: the page has opened, the photo is looked at, enhanced
 * and saved. Packages carry no way to be driven from outside (their fuses forbid it), so they are asked to do it themselves.
 * @param photo relative to `cwd`
 */
export async function smokeTest(application: Application, photo: string, cwd: string): Promise<SmokeReport> {
  const { calls } = application;
  const [id] = await calls.library.open([resolvePath(cwd, photo)]);
  if (id === undefined) return { state: 'no photo', output: null, provider: null, thumbnailBytes: 0, problem: null };
  const thumbnail = await application.pixels({ kind: 'thumbnail', photo: id, edge: 256 }, new AbortController().signal);
  const { state, report, problem } = await finished(application, id);
  return {
    state,
    output: report?.output ?? null,
    provider: report?.provider ?? null,
    thumbnailBytes: thumbnail.bytes.length,
    problem: problem === null ? null : `${problem.message} ${problem.detail ?? ''}`.trim(),
  };
}

/** The photo's job, when it is over. */
async function finished(application: Application, photo: number): Promise<JobCard> {
  return new Promise((resolve, reject) => {
    const stop = application.listen({
      jobsChanged: (cards) => {
        const over = cards.find(({ photoId, state }) => photoId === photo && state !== 'waiting' && state !== 'running');
        if (over === undefined) return;
        stop();
        resolve(over);
      },
    });
    application.calls.queue.enqueue([photo], {}).catch(reject);
  });
}
