import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { doors } from '../support/doors.ts';
import { dropFiles, keepScreenshot, pastePicture } from '../support/page-actions.ts';
import { writeLandscape } from '../support/landscape.ts';
import { needs } from '../support/needs.ts';

describe.each(doors)('$name', ({ name: doorName, open, needs: all }) => {
  it('opens, says what it is for, shows its pages, and takes a picture that is pasted', needs(...all), async () => {
    const { page, folder, complaints } = await open();
    await page.getByRole('heading', { name: 'Larger, clearer photos' }).waitFor();
    await keepScreenshot(page, `${doorName} 0 welcome`);
    expect(await page.title()).toBe('Onestep');
    await page.getByRole('button', { name: 'Look around first' }).click();
    for (const place of ['Queue', 'Models', 'Settings', 'About', 'Library']) {
      await page.getByRole('navigation', { name: 'Pages' }).getByRole('button', { name: place }).click();
      await page.getByRole('main').waitFor();
    }
    await pastePicture(
      page,
      await sharp({ create: { width: 64, height: 48, channels: 3, background: 'teal' } })
        .png()
        .toBuffer(),
    );
    await page.getByRole('option', { name: 'image.png 64 × 48' }).waitFor();
    const [batch = ''] = await readdir(join(folder, 'dropped'));
    expect(await readdir(join(folder, 'dropped', batch))).toEqual(['image.png']);

    // The page changes under a drag that rests: what is under it is another element, and gone again.
    await writeLandscape(join(folder, 'late.jpg'), 48, 36, 1);
    await dropFiles(page, [join(folder, 'late.jpg')], () =>
      page.evaluate(() => {
        const cover = document.body.appendChild(document.createElement('div'));
        cover.style.cssText = 'position: fixed; inset: 0';
        cover.addEventListener('dragenter', () => setTimeout(() => cover.remove()));
      }),
    );
    await page.getByRole('option', { name: 'late.jpg 48 × 36' }).waitFor();
    await page.locator('.veil').waitFor({ state: 'detached' });
    expect(complaints).toEqual([]);
  });
});
