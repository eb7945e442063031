import { mkdir, readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { findingsOf } from '../support/accessibility.ts';
import { doors, type OpenDoor } from '../support/doors.ts';
import { writeLandscape } from '../support/landscape.ts';
import { dropFiles, goTo, keepScreenshot, pressButton, transitionsOver } from '../support/page-actions.ts';
import { needs } from '../support/needs.ts';

const names = ['beach', 'cliffs', 'harbour at dusk', 'lighthouse', 'ridge'];

/** Five photos enhanced, the first of them compared. */
async function compareResults({ page, folder }: OpenDoor): Promise<{ island: string; references: string }> {
  const [island, references] = [join(folder, 'Pictures', 'island'), join(folder, 'Pictures', 'references')];
  for (const made of [island, references]) await mkdir(made, { recursive: true });
  for (const [seed, name] of names.entries()) {
    await writeLandscape(join(references, `${name}.png`), 400, 300, seed);
    await sharp(join(references, `${name}.png`))
      .resize(100, 75)
      .toFile(join(island, `${name}.jpg`));
  }
  await dropFiles(page, [island]);
  await page.getByRole('button', { name: 'Enhance 5 photos' }).click();
  await goTo(page, 'Queue');
  await page.getByRole('heading', { name: 'Finished' }).waitFor({ timeout: 120_000 });
  await page.getByRole('listitem').filter({ hasText: 'beach' }).getByRole('button', { name: 'Compare' }).click();
  await page.getByText('1 of 5').waitFor();
  return { island, references };
}

/** In Electron the person is asked for the place; here it is where the browser keeps it. */
async function downloaded(page: Page, button: string): Promise<string> {
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: button }).press('Enter')]);
  return readFile(await download.path(), 'utf8');
}

describe.each(doors)('$name', ({ name: doorName, open, needs: all }) => {
  it('measures all results together, with the keyboard', { ...needs(...all), timeout: 240_000 }, async () => {
    const opened = await open();
    const { page, electron, complaints } = opened;
    const { island, references } = await compareResults(opened);
    const press = (name: string): Promise<void> => pressButton(page, name);

    await page.keyboard.press('e');
    await page.getByText('Agreement with the photo').waitFor();
    await keepScreenshot(page, `${doorName} 5 did it help`);
    await press('Measure all results …');
    const dialog = page.getByRole('dialog', { name: 'All results' });
    expect(await findingsOf(page), 'before').toEqual([]);
    // The engine is yet to be started.
    await press('Measure');
    await dialog.getByRole('progressbar').waitFor();
    await keepScreenshot(page, `${doorName} 5 all results running`);
    await press('Cancel');
    await dialog.getByText(/^Stopped after [0-4] of 5 results\.$/).waitFor();
    await press('Measure');
    const rows = dialog.locator('tbody tr');
    await rows.nth(4).waitFor({ timeout: 60_000 });
    await dialog.getByText('NIQE, after: not measured: its data is not downloaded yet').waitFor();
    expect(await dialog.getByRole('columnheader').allInnerTexts()).toEqual(['Result', expect.stringContaining('Agreement with the photo')]);
    expect(await dialog.locator('tfoot th').innerText()).toBe('Mean');

    if (electron === null) {
      await press('Choose a folder of references …');
      await page.getByRole('button', { name: 'Pictures', exact: true }).first().press('Enter');
      await press('references');
      await press('Use this folder');
    } else {
      await electron.evaluate(({ dialog: native }, path) => {
        native.showOpenDialog = async () => ({ canceled: false, filePaths: [path] });
      }, references);
      await press('Choose a folder of references …');
    }
    await dialog.getByText('References: references').waitFor();
    await press('Measure');
    await dialog.getByRole('columnheader', { name: 'PSNR-Y' }).waitFor({ timeout: 60_000 });
    await dialog.getByRole('button', { name: 'Save as SVG' }).waitFor({ timeout: 60_000 });
    expect(await findingsOf(page), 'table').toEqual([]);
    for (const theme of ['dark', 'light']) {
      await page.evaluate((wanted) => (document.documentElement.dataset.theme = wanted), theme);
      await transitionsOver(page);
      await keepScreenshot(page, `${doorName} 5 all results ${theme}`);
    }

    // Electron's own dialog asks where to save; no test answers it.
    if (electron === null) {
      const csv = (await downloaded(page, 'Save as CSV')).split('\r\n');
      expect(csv[0]).toBe('result,reference,source,width,height,psnr_y,ssim_y,lr_consistency,problem');
      expect(csv[1]?.split(',').slice(0, 5)).toEqual([
        ...[join(island, 'beach_4x.jpg'), join(references, 'beach.png'), join(island, 'beach.jpg')],
        ...['400', '300'],
      ]);
      const { results } = JSON.parse(await downloaded(page, 'Save as JSON')) as { results: { values: Record<string, number> }[] };
      const shown = await rows.first().getByRole('cell').allInnerTexts();
      expect(shown[0]).toBe(results[0]?.values['psnr-y']?.toFixed(3));
      expect(await downloaded(page, 'Save as SVG')).toMatch(/^<svg .*PSNR-Y/s);
      expect((await readdir(island)).filter((name) => !name.endsWith('.jpg'))).toEqual([]);
    }

    await dialog.getByRole('radio', { name: 'Table' }).press('ArrowRight');
    const chart = dialog.getByRole('img', { name: 'A dot for each result' });
    expect(await chart.evaluate((image: HTMLImageElement) => image.decode().then(() => image.naturalHeight))).toBeGreaterThan(150);
    expect(await findingsOf(page), 'chart').toEqual([]);
    await keepScreenshot(page, `${doorName} 6 all results chart`);

    await dialog.getByRole('radio', { name: 'Chart' }).press('ArrowLeft');
    await press('ridge_4x.jpg');
    await dialog.waitFor({ state: 'hidden' });
    await page.getByRole('heading', { name: 'ridge.jpg' }).waitFor();
    // What was measured is still there, also after another page.
    await page.keyboard.press('Escape');
    await page.keyboard.press('Escape');
    await goTo(page, 'Library');
    await page.getByRole('option', { name: /ridge/ }).dblclick();
    await page.getByText('5 of 5').waitFor();
    await page.keyboard.press('e');
    await press('Measure all results …');
    expect(await rows.count()).toBe(5);
    expect(await dialog.locator('tr[aria-current=true] th').innerText()).toBe('ridge_4x.jpg');
    expect(complaints).toEqual([]);
  });
});
