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

it('a sample is shown when both of its sides are there, and not at all without one', async () => {
  const photo = { id: 1, version: '1' } as PhotoCard;
  const calls = {
    pyramid: async () => ({ width: 200, height: 200, tileSide: 256, levels: [{ width: 200, height: 200 }] }),
    preview: async () => ({ photo: 7, version: '1', model: 'm', seconds: 1, width: 4, height: 4 }),
    cancelPreviews: async () => undefined,
  };
  let arrive = (): void => undefined;
  const waiting = new Promise<void>((resolve) => (arrive = resolve));
  const sample = new Sample(calls, 96, (address) => (address.includes('picture') ? waiting : Promise.resolve()));
  sample.aim(photo, defaultOptions, false);
  const made = sample.make();
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect([sample.shown, sample.running]).toEqual([null, true]);
  arrive();
  await made;
  expect([sample.shown?.after, sample.running]).toEqual(['/photo/7/picture?v=1', false]);

  const broken = new Sample(calls, 96, () => Promise.reject(new Error('It cannot be shown.')));
  broken.aim(photo, defaultOptions, false);
  await broken.make();
  expect([broken.shown, broken.failed]).toEqual([null, true]);
});
