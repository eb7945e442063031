import { describe, expect, it } from 'vitest';
import type { Job } from '../../../../src/app/jobs/job.ts';
import { Jobs } from '../../../../src/app/jobs/jobs.ts';
import type { JobLine } from '../../../../src/app/jobs/job-lines.ts';
import { defaultOptions } from '../../../../src/shared/options.ts';
import type { JobState } from '../../../../src/shared/queue.ts';

const added = (...ids: string[]): JobLine => ({
  type: 'added',
  options: defaultOptions,
  photos: ids.map((id) => ({ id, source: `/photos/${id}.jpg`, under: '', skipIfResult: false })),
});
const begun = (id: string, processId = 7): JobLine => ({
  type: 'begun',
  id,
  destination: `/photos/${id}_4x.jpg`,
  before: null,
  processId,
});
const ended = (id: string, state: 'done' | 'skipped' | 'failed' | 'cancelled'): JobLine => ({
  ...{ type: 'ended', id, state, output: state === 'done' ? `/photos/${id}_4x.jpg` : null },
  ...{ report: null, problem: null, reason: null },
});

function jobsAfter(...lines: JobLine[]): Jobs {
  const jobs = new Jobs();
  for (const line of lines) jobs.apply(line);
  return jobs;
}

const states = (jobs: Jobs): Record<string, JobState> => Object.fromEntries([...jobs.inOrder()].map(({ id, state }) => [id, state]));
const waiting = (jobs: Jobs): string[] => [...jobs.waiting()].map(({ id }) => id);

describe('jobs', () => {
  it('go from waiting over running to an end, and back only when retried', () => {
    const jobs = jobsAfter(
      added('a', 'b', 'c', 'd'),
      begun('a'),
      ended('a', 'done'),
      begun('b'),
      ended('b', 'failed'),
      ended('c', 'skipped'),
    );
    expect(states(jobs)).toEqual({ a: 'done', b: 'failed', c: 'skipped', d: 'waiting' });
    expect(jobs.counts).toEqual({ waiting: 1, running: 0, done: 1, skipped: 1, failed: 1, cancelled: 0 });
    expect(jobs.apply({ type: 'retried', ids: ['a', 'b', 'c', 'd', 'e'] })).toEqual(['b', 'c']);
    expect(states(jobs)).toEqual({ a: 'done', b: 'waiting', c: 'waiting', d: 'waiting' });
    // Asked for once more: not to be left out because it was done before.
    expect([...jobs.inOrder()].map(({ again }) => again)).toEqual([false, false, true, false]);
  });

  it('cannot end twice, nor be cancelled when they are over', () => {
    const jobs = jobsAfter(added('a'), begun('a'), ended('a', 'done'));
    for (const line of [
      ended('a', 'failed'),
      begun('a'),
      { type: 'returned', id: 'a' },
      { type: 'cancelled', ids: ['a'] },
    ] satisfies JobLine[])
      expect(jobs.apply(line)).toEqual([]);
    expect(states(jobs)).toEqual({ a: 'done' });
    expect(jobs.apply(added('a'))).toEqual([]);
    expect(jobs.size).toBe(1);
  });

  it('that were begun by an earlier run wait again and know where their result may lie', () => {
    const jobs = jobsAfter(added('a', 'b'), begun('a', 7), begun('a', 8));
    expect(jobs.get('a')).toMatchObject({ state: 'running', begun: { destination: '/photos/a_4x.jpg', before: null, processId: 8 } });
    jobs.interrupt('a');
    expect(jobs.get('a')).toMatchObject({ state: 'waiting', begun: { processId: 8 } });
    // With other options it is another result.
    jobs.apply({ type: 'changed', ids: ['a'], options: { format: 'png' } });
    expect(jobs.get('a')).toMatchObject({ begun: null, options: { format: 'png', name: defaultOptions.name } });
  });

  it('move before others while they wait', () => {
    const jobs = jobsAfter(added('a', 'b', 'c', 'd'), begun('a'));
    jobs.apply({ type: 'moved', ids: ['d', 'a', 'c'], before: 'b' });
    expect(jobs.ids).toEqual(['a', 'd', 'c', 'b']);
    expect(waiting(jobs)).toEqual(['d', 'c', 'b']);
    jobs.apply({ type: 'moved', ids: ['d'], before: null });
    jobs.apply({ type: 'moved', ids: ['b'], before: 'gone' });
    expect(jobs.ids).toEqual(['a', 'c', 'd', 'b']);
  });

  it('are found in their order, whatever came to wait again before them', () => {
    const jobs = jobsAfter(added('a', 'b', 'c', 'd'), begun('a'), ended('a', 'failed'), begun('b'), ended('b', 'done'));
    expect(waiting(jobs)).toEqual(['c', 'd']);
    jobs.pick('c');
    expect(waiting(jobs)).toEqual(['d']);
    jobs.apply({ type: 'retried', ids: ['a'] });
    expect(waiting(jobs)).toEqual(['a', 'd']);
    jobs.apply({ type: 'returned', id: 'c' });
    jobs.apply({ type: 'moved', ids: ['d'], before: 'a' });
    expect(waiting(jobs)).toEqual(['d', 'a', 'c']);
    jobs.apply(ended('d', 'skipped'));
    jobs.apply({ type: 'cleared', ids: ['b', 'd'] });
    jobs.apply(added('e'));
    expect(waiting(jobs)).toEqual(['a', 'c', 'e']);
  });

  it('know the results of others, as long as their jobs are on the list', () => {
    const jobs = jobsAfter(added('a', 'b'), begun('a'), ended('a', 'done'));
    expect([...jobs.resultsOfOthers('/photos/b.jpg')]).toEqual(['/photos/a_4x.jpg']);
    expect(jobs.isResultOfOther('/photos/a_4x.jpg', '/photos/a.jpg')).toBe(false);
    jobs.apply({ type: 'cleared', ids: ['a'] });
    expect(jobs.isResultOfOther('/photos/a_4x.jpg', '/photos/b.jpg')).toBe(false);
  });

  it('share changed options as they shared the old ones', () => {
    const jobs = jobsAfter(added('a', 'b'), { type: 'changed', ids: ['a', 'b'], options: { exact: true } });
    expect(jobs.get('a')?.options).toBe(jobs.get('b')?.options);
    expect(jobs.get('a')?.options.exact).toBe(true);
  });

  it('that are over can be cleared, others stay', () => {
    const jobs = jobsAfter(added('a', 'b', 'c'), begun('a'), ended('a', 'done'), begun('b'));
    expect(jobs.apply({ type: 'cleared', ids: ['a', 'b', 'c'] })).toEqual(['a']);
    expect(states(jobs)).toEqual({ b: 'running', c: 'waiting' });
    expect(jobs.counts).toEqual({ waiting: 1, running: 1, done: 0, skipped: 0, failed: 0, cancelled: 0 });
  });

  it('come out of the fewest lines as they were', () => {
    const many = Array.from({ length: 2500 }, (_, index) => String(index));
    const jobs = jobsAfter(
      added('a', 'b', 'c', 'd', 'e'),
      { type: 'changed', ids: ['b'], options: { format: 'webp' } },
      { type: 'moved', ids: ['e'], before: 'a' },
      ...[begun('a'), ended('a', 'done'), ended('c', 'skipped'), begun('d'), ended('d', 'failed')],
      { type: 'retried', ids: ['c'] },
      begun('e'),
      added(...many),
      { type: 'paused', paused: true },
    );
    const lines = jobs.lines();
    expect(lines.length).toBeLessThan(15);
    const copy = jobsAfter(...(JSON.parse(JSON.stringify(lines)) as JobLine[]));
    const plain = (from: Jobs): Job[] => [...from.inOrder()];
    expect(plain(copy)).toEqual(plain(jobs));
    expect(copy.counts).toEqual(jobs.counts);
    expect(copy.paused).toBe(true);
  });
});
