import { expect, it, vi } from 'vitest';
import { spread, Totals } from '../../../../src/app/queue/totals.ts';
import type { Plan } from '../../../../src/shared/engine-protocol.ts';
import { temporaryFolder } from '../../../support/photo-files.ts';

const planOf = (output: string, more: object = {}): Plan =>
  ({ output, skip: null, width: 1000, height: 500, estimatedSeconds: 2, estimatedBytes: 300, passes: [], ...more }) as unknown as Plan;

it('looks at photos all over the list first', () => {
  expect(spread(10)).toEqual([0, 8, 4, 2, 6, 1, 3, 5, 7, 9]);
  expect(spread(0)).toEqual([]);
  expect(spread(1)).toEqual([0]);
});

it('adds up what will be done, and counts what will not', async () => {
  const output = `${await temporaryFolder()}/not/yet/there.jpg`;
  const plans = [planOf(output), planOf(output, { skip: { code: 'skip.result' } }), planOf(output)];
  const total = await new Totals().of(4, async (index) => {
    const plan = plans[index];
    if (plan === undefined) throw new Error('damaged');
    return plan;
  });
  expect(total).toMatchObject({ photos: 4, skipped: 1, unreadable: 1, pixels: 1_000_000, seconds: 4, bytes: 600, exact: true });
  expect(total.free).toBeGreaterThan(0);
});

it('knows no time where one photo’s is unknown', async () => {
  const total = await new Totals().of(2, async (index) => planOf('/x.jpg', index === 0 ? { estimatedSeconds: null } : {}));
  expect(total.seconds).toBeNull();
});

it('takes those that it had the time for as all', async () => {
  let now = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => now);
  const total = await new Totals().of(1000, async () => {
    now += 10;
    return planOf('/x.jpg');
  });
  vi.restoreAllMocks();
  expect(total.exact).toBe(false);
  expect(total.pixels).toBeCloseTo(1000 * 500_000);
  expect(total.seconds).toBeCloseTo(2000);
});

it('gives up what was asked before', async () => {
  const totals = new Totals();
  let go: () => void = () => undefined;
  const held = new Promise<void>((resolve) => {
    go = resolve;
  });
  const first = totals.of(50, () => held.then(() => planOf('/x.jpg')));
  const second = totals.of(1, async () => planOf('/x.jpg'));
  go();
  await expect(first).rejects.toMatchObject({ code: 'cancelled' });
  expect(await second).toMatchObject({ photos: 1, exact: true });
});
