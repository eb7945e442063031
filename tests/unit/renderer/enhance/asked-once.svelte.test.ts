import { expect, it, onTestFinished, vi } from 'vitest';
import { Sample } from '../../../../src/renderer/features/enhance/sample.svelte.ts';
import { TotalView } from '../../../../src/renderer/features/enhance/total-view.svelte.ts';
import type { BatchTotal } from '../../../../src/shared/contract.ts';
import type { PhotoCard } from '../../../../src/shared/library.ts';
import { defaultOptions } from '../../../../src/shared/options.ts';
import { Problem } from '../../../../src/shared/problem.ts';

/** Longer than the views wait before they ask. */
const aWhile = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1600));

/** Does something in an effect, as the panel does, until the test is over. */
function inEffect(act: () => void): void {
  const stop = $effect.root(() => {
    $effect(act);
  });
  onTestFinished(stop);
}

it('the total of a batch is asked for once, and shown', async () => {
  const total = vi.fn(async (photos: readonly number[]) => ({ photos: photos.length, pixels: 7 }) as BatchTotal);
  const view = new TotalView({ total });
  inEffect(() => view.show([1, 2], defaultOptions));
  await aWhile();
  expect(total).toHaveBeenCalledOnce();
  expect([view.waiting, view.total?.pixels]).toEqual([false, 7]);
});

it('a sample that cannot be made is tried once', async () => {
  const pyramid = vi.fn(() => Promise.reject(new Problem('damaged-image', 'It is damaged.')));
  const sample = new Sample({ pyramid, preview: vi.fn(), cancelPreviews: async () => undefined });
  inEffect(() => sample.aim({ id: 1, version: '1' } as PhotoCard, defaultOptions, true));
  await aWhile();
  expect(pyramid).toHaveBeenCalledOnce();
  expect([sample.failed, sample.running]).toEqual([true, false]);
});
