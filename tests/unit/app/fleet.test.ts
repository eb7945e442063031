import { expect, it } from 'vitest';
import { FleetMembership, type FleetProgram, type ReachedFleet } from '../../../src/app/fleet.ts';
import type { JobEngine } from '../../../src/app/jobs/job-run.ts';
import type { FleetWay } from '../../../src/shared/fleet.ts';
import { cancelled } from '../../../src/shared/problem.ts';
import { temporaryFolder } from '../../support/photo-files.ts';

it('looks for its fleet without ending a connecting that somebody waits for', async () => {
  const answers: (() => void)[] = [];
  const program: FleetProgram = {
    reach: (_, __, signal) =>
      new Promise((resolve, reject) => {
        signal.addEventListener('abort', () => reject(cancelled()));
        answers.push(() => resolve({ drop: () => undefined, view: () => Promise.resolve('seen') } as unknown as ReachedFleet));
      }),
    nameOf: () => Promise.resolve(null),
    share: () => Promise.resolve(),
  };
  let way: FleetWay | null = { queue: 'redis://old', user: '', certificate: null, roots: {} };
  const fleet = new FleetMembership({
    load: () => Promise.resolve(program),
    folder: await temporaryFolder(),
    way: () => way,
    onWay: (next) => (way = next),
    engine: {} as JobEngine,
    onAdding: () => undefined,
  });
  const connecting = fleet.connect({ queue: 'redis://new', user: '', certificate: null, folders: [], password: 'secret' });
  await expect.poll(() => answers.length).toBe(1);
  const seen = fleet.view();
  await expect.poll(() => answers.length).toBe(2);
  for (const answer of answers) answer();
  await expect(connecting).resolves.toBeUndefined();
  expect(await seen).toBe('seen');
  expect(way).toMatchObject({ queue: 'redis://new' });
});
