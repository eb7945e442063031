import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { FoundPhoto } from '../../../../src/app/collect-photos.ts';
import { addedLines } from '../../../../src/app/jobs/job-lines.ts';
import { Jobs } from '../../../../src/app/jobs/jobs.ts';
import { requestOf } from '../../../../src/app/jobs/requests.ts';
import { defaultOptions, type Options } from '../../../../src/shared/options.ts';
import type { Region, Request } from '../../../../src/shared/request.ts';

const root = resolve('/photos');
const photo = (path: string, under = ''): FoundPhoto => ({ path: join(root, path), under, skipIfResult: false });
/** What the engine is asked for these photos, once all have been added. */
function requestsFor(photos: FoundPhoto[], options: Options, region?: Region): Request[] {
  const jobs = new Jobs();
  for (const line of addedLines(photos, options)) jobs.apply(line);
  return [...jobs.inOrder()].map((job) => requestOf(job, jobs, region));
}

const outputs = (photos: FoundPhoto[], options: Partial<Options> = {}): (string | null)[] =>
  requestsFor(photos, { ...defaultOptions, output: join(root, 'out'), ...options }).map((request) => request.options.output);

describe('requests of jobs', () => {
  it('leaves results beside their originals', () => {
    expect(requestsFor([photo('a/b.jpg', 'a')], defaultOptions)).toEqual([{ source: join(root, 'a/b.jpg'), options: defaultOptions }]);
  });

  it('mirrors the tree of a given folder', () => {
    expect(outputs([photo('a.jpg'), photo('x/a.jpg', 'x'), photo('x/y/a.jpg', join('x', 'y'))])).toEqual(
      ['out', 'out/x', 'out/x/y'].map((path) => join(root, path)),
    );
  });

  it('tells apart photos from different folders that would meet', () => {
    expect(outputs([photo('one/a.jpg'), photo('two/A.png'), photo('two/b.jpg')])).toEqual(
      ['out/one', 'out/two', 'out'].map((path) => join(root, path)),
    );
    expect(outputs([photo('2024/trip/a.jpg'), photo('2025/trip/a.jpg'), photo('2025/home/a.jpg')])).toEqual(
      ['out/2024/trip', 'out/2025/trip', 'out/home'].map((path) => join(root, path)),
    );
  });

  it('leaves photos of one folder together: their names tell them apart', () => {
    expect(outputs([photo('one/a.jpg'), photo('one/a.heic')])).toEqual([join(root, 'out'), join(root, 'out')]);
  });

  it('does not go round in circles at the root of the disk', () => {
    const photos = [{ path: resolve('/a.jpg'), under: '', skipIfResult: false }, photo('a.jpg')];
    expect(outputs(photos)).toEqual([join(root, 'out'), join(root, 'out/photos')]);
  });

  it('names the other chosen photos that lie where a result goes, when results may be replaced', () => {
    const photos = [photo('a.jpg'), photo('b.jpg'), photo('sub/c.jpg', 'sub'), { ...photo('found.jpg'), skipIfResult: true }];
    const originals = (options: Partial<Options>): unknown[] =>
      requestsFor(photos, { ...defaultOptions, ...options }).map((request) => request.originals);
    const onCollision = 'overwrite-result';
    expect(originals({})).toEqual([undefined, undefined, undefined, undefined]);
    expect(originals({ onCollision: 'skip' })).toEqual([undefined, undefined, undefined, undefined]);
    expect(originals({ onCollision }).slice(0, 3)).toEqual([[join(root, 'b.jpg')], [join(root, 'a.jpg')], undefined]);
    expect(originals({ onCollision, name: 'sub/{name}' })[0]).toEqual([join(root, 'b.jpg'), join(root, 'sub/c.jpg')]);
    expect(originals({ onCollision, output: join(root, 'out') })[0]).toBeUndefined();
  });

  it('carries region and suspicion', () => {
    const region = { left: 1, top: 2, width: 3, height: 4 };
    expect(requestsFor([{ ...photo('a.jpg'), skipIfResult: true }], defaultOptions, region)).toMatchObject([{ region, skipResults: true }]);
  });
});
