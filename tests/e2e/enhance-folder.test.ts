import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { describe, expect, it, vi } from 'vitest';
import { doors } from '../support/doors.ts';
import { writeLandscape } from '../support/landscape.ts';
import { dropFiles, goTo, keepScreenshot } from '../support/page-actions.ts';
import { needs } from '../support/needs.ts';

const fresh = Array.from({ length: 10 }, (_, index) => `photo ${String(index + 1).padStart(2, '0')}.jpg`);
/** Large enough for several tiles, and for the page to be there before they are done. */
const large = fresh[0] ?? '';

/** Twelve photos: ten new ones, one that is broken, and one that an earlier run will have enhanced. */
async function preparePhotos(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const [seed, name] of fresh.entries()) {
    const [width, height] = name === large ? [1824, 1368] : [120, 90];
    await writeLandscape(join(folder, name), width, height, seed);
  }
  await writeLandscape(join(folder, 'earlier.jpg'), 100, 75, 50);
  const whole = await sharp(join(folder, large)).toBuffer();
  await writeFile(join(folder, 'broken.jpg'), whole.subarray(0, 300));
}

const row = (page: Page, name: string) => page.getByRole('listitem').filter({ has: page.getByText(name, { exact: true }) });

/** How much of a photo is shown as done, as a share of its height, each time that it changes. */
async function watchTiles(page: Page, name: string): Promise<number[]> {
  const shares: number[] = [];
  const tiles = row(page, name).locator('clipPath rect');
  await vi.waitUntil(
    async () => {
      const heights = await tiles.evaluateAll((rectangles) => rectangles.map((rectangle) => Number(rectangle.getAttribute('height'))));
      const share = heights.reduce((sum, height) => sum + height, 0);
      if (share > 0 && share !== shares.at(-1)) shares.push(share);
      return (await row(page, name).getAttribute('data-state')) === 'done';
    },
    { timeout: 120_000, interval: 30 },
  );
  return shares;
}

describe.each(doors)('$name', ({ name: doorName, open, needs: all }) => {
  it('enhances a folder that is dropped into it, and compares', { ...needs(...all), timeout: 240_000 }, async () => {
    const first = await open();
    const holiday = join(first.folder, 'Pictures', 'holiday');
    await preparePhotos(holiday);
    await first.close();
    const earlier = await open({ folder: first.folder, words: ['--enhance', join(holiday, 'earlier.jpg')] });
    await vi.waitUntil(async () => (await readdir(holiday)).includes('earlier_4x.jpg'), { timeout: 60_000 });
    await goTo(earlier.page, 'Queue');
    await earlier.page.getByRole('heading', { name: 'Finished' }).waitFor();
    await earlier.close();

    const { page, complaints } = await open({ folder: first.folder });
    await dropFiles(page, [holiday]);
    const photos = page.getByRole('listbox', { name: 'Photos' }).getByRole('option');
    await vi.waitUntil(async () => (await photos.count()) === 12, { timeout: 30_000 });
    await page.getByRole('option', { name: `${large} 1824 × 1368` }).waitFor();
    await keepScreenshot(page, `${doorName} 1 library`);

    await page.getByRole('button', { name: 'Enhance 12 photos' }).click();
    await goTo(page, 'Queue');
    const shares = await watchTiles(page, large);
    await keepScreenshot(page, `${doorName} 2 queue`);
    expect(shares.length).toBeGreaterThan(1);
    expect(shares).toEqual(shares.toSorted((a, b) => a - b));

    await page.getByRole('heading', { name: 'Finished' }).waitFor({ timeout: 120_000 });
    await keepScreenshot(page, `${doorName} 3 finished`);
    await row(page, 'broken.jpg').getByText('The photo cannot be decoded.').waitFor();
    await row(page, large).getByText('7296 × 5472').waitFor();
    await goTo(page, 'Library');
    const names = (await photos.allInnerTexts()).map((text) => text.replaceAll(/\s+/g, ' ').trim());
    const enhanced = fresh.map((name) => `Enhanced ${name} ${name === large ? '1824 × 1368' : '120 × 90'}`);
    expect(names).toEqual(['Failed broken.jpg', 'Enhanced earlier.jpg 100 × 75', ...enhanced]);

    const results = (await readdir(holiday)).filter((name) => name.includes('_4x'));
    expect(results.sort()).toEqual(['earlier_4x.jpg', ...fresh.map((name) => name.replace('.jpg', '_4x.jpg'))]);
    expect(await sharp(join(holiday, large.replace('.jpg', '_4x.jpg'))).metadata()).toMatchObject({
      format: 'jpeg',
      width: 7296,
      height: 5472,
    });

    await goTo(page, 'Queue');
    await row(page, large).getByRole('button', { name: 'Compare' }).click();
    await page.getByRole('button', { name: '100%' }).click();
    await vi.waitUntil(async () => (await page.getByRole('status', { name: 'Current zoom' }).textContent()) === '100%', {
      timeout: 10_000,
    });
    for (const mode of ['Wipe', 'Side by side', 'Flip', 'Difference']) {
      await page.getByRole('radio', { name: mode }).check({ force: true });
      await keepScreenshot(page, `${doorName} 4 compare ${mode}`);
    }
    // A photo that cannot be shown is one that cannot be shown; everything else would be a mistake of ours.
    expect(complaints.filter((complaint) => !complaint.includes('422 (Unprocessable'))).toEqual([]);
  });
});
