import { describe, expect, it, vi } from 'vitest';
import { BatchEvaluation } from '../../../../src/renderer/state/batch-evaluation.svelte.ts';
import type { MeasuredPhoto } from '../../../../src/shared/contract.ts';
import { Problem } from '../../../../src/shared/problem.ts';

const one = (photo: number): MeasuredPhoto => ({
  ...{ photo, result: `/${photo}_4x.png`, source: null, reference: null, problem: null },
  evaluation: { width: 1, height: 1, measurements: [] },
});

/** An application that measures until it is told that it is over. */
function stage() {
  const turns: { readonly over: () => void; readonly fail: () => void }[] = [];
  const batchEvaluation = {
    measure: vi.fn(
      () =>
        new Promise<void>((resolve, reject) => {
          const fail = (): void => {
            reject(new Problem('not-found', 'There is no such folder.'));
          };
          turns.push({ over: resolve, fail });
        }),
    ),
    cancel: vi.fn(async () => turns.at(-1)?.over()),
    report: vi.fn(async () => '<svg/>'),
  };
  const calls = { batchEvaluation, metrics: { download: vi.fn(async () => undefined) } };
  return { turns, calls, batch: new BatchEvaluation(calls) };
}

describe('the results of many photos', () => {
  it('come one by one, and stay when the rest is cancelled', async () => {
    const { calls, batch } = stage();
    batch.references = '/references';
    const over = batch.measure([1, 2, 3]);
    expect(calls.batchEvaluation.measure).toHaveBeenCalledWith([1, 2, 3], '/references');
    batch.progressed({ done: 0, count: 3, latest: null });
    batch.progressed({ done: 1, count: 3, latest: one(1) });
    batch.progressed({ done: 1.5, count: 3, latest: null });
    expect([batch.state, batch.done, batch.measured.length, batch.chart]).toEqual(['running', 1.5, 1, null]);
    await batch.cancel();
    await over;
    expect([batch.state, batch.measured.length, batch.count, batch.chart]).toEqual(['over', 1, 3, '<svg/>']);
    // Another page's batch.
    batch.progressed({ done: 1, count: 9, latest: one(7) });
    expect(batch.measured.length).toBe(1);
  });

  it('are measured anew when NIQE’s parameters have come', async () => {
    const { calls, turns, batch } = stage();
    const first = batch.measure([4, 5]);
    turns[0]?.over();
    await first;
    const second = batch.download();
    await vi.waitUntil(() => turns.length === 2);
    expect(calls.metrics.download).toHaveBeenCalledWith('niqe');
    expect(calls.batchEvaluation.measure).toHaveBeenLastCalledWith([4, 5], null);
    turns[1]?.over();
    await second;
    expect(batch.chart).toBeNull();
  });

  it('are none where it could not begin, or the application is another', async () => {
    const { turns, batch } = stage();
    const failed = batch.measure([1]);
    turns[0]?.fail();
    await expect(failed).rejects.toMatchObject({ code: 'not-found' });
    expect(batch.state).toBe('none');
    const lost = batch.measure([1]);
    batch.progressed({ done: 1, count: 1, latest: one(1) });
    batch.begin();
    turns[1]?.over();
    await lost;
    expect([batch.state, batch.measured.length, batch.chart]).toEqual(['none', 0, null]);
  });
});
