import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { needs } from '../support/needs.ts';
import { pressButton } from '../support/page-actions.ts';
import { interfacePages, openDoor } from './interface-pages.ts';

/** What a photographer stumbled over in the first hour, as rules that a page keeps. */
describe('the first hour', needs('chromium'), () => {
  const { openPage, place } = interfacePages();
  const boxOf = async (page: Page, selector: string) =>
    (await page.locator(selector).first().boundingBox()) ?? { x: -1, y: -1, width: 0, height: 0 };

  it('begins in the language and the light of the system', async () => {
    const { address } = await openDoor(['--photos', '0', '--first-time', '--theme', 'system']);
    const { page } = await openPage(address, { locale: 'de-DE', colorScheme: 'light' });
    await page.getByRole('heading', { level: 1, name: 'Größere, klarere Fotos' }).waitFor();
    const light = (): Promise<number> =>
      page.evaluate(() => Math.max(...(getComputedStyle(document.body).backgroundColor.match(/[\d.]+/g) ?? []).slice(0, 3).map(Number)));
    expect(await light()).toBeGreaterThan(200);
    await page.emulateMedia({ colorScheme: 'dark' });
    await expect.poll(light).toBeLessThan(80);
  });

  it(
    'comes back from a comparison to the place, the photo and the keyboard that were left, though the list was still moving',
    { timeout: 120_000 },
    async () => {
      const { address } = await openDoor(['--photos', '2000']);
      const { page } = await openPage(address);
      const grid = page.getByRole('listbox', { name: 'Photos' });
      await page.locator('[role=option]').nth(1).click();
      // The browser tells of scrolling when the list is gone already.
      await grid.evaluate((element) => {
        element.scrollTop = 300;
        element.querySelector('[aria-selected=true]')?.dispatchEvent(new MouseEvent('dblclick', { bubbles: true }));
      });
      await page.getByRole('heading', { level: 1, name: /^DSC/ }).waitFor();
      await page.keyboard.press('Escape');
      await grid.waitFor();
      await page.locator('[role=option][aria-selected=true]').waitFor({ state: 'attached' });
      await expect.poll(() => grid.evaluate((element) => document.activeElement === element)).toBe(true);
      await grid.evaluate((element) => (element.scrollTop = 20_000));
      const top = (): Promise<number> => grid.evaluate((element) => element.scrollTop);
      await page.locator('[aria-posinset="200"]').waitFor({ state: 'attached' });
      await page.locator('[aria-posinset="200"]').click();
      const left = await top();
      await page.locator('[aria-posinset="200"]').dblclick();
      await page.getByRole('heading', { level: 1, name: /^DSC/ }).waitFor();
      // What is not enhanced yet can be, here.
      await page.getByRole('button', { name: 'Enhance', exact: true }).waitFor();
      expect(await page.getByRole('button', { name: 'Show in folder' }).isEnabled()).toBe(true);
      expect(await page.getByRole('button', { name: 'Copy result' }).isDisabled()).toBe(true);
      await page.keyboard.press('Escape');
      await grid.waitFor();
      await expect.poll(top).toBe(left);
      await page.locator('[aria-posinset="200"][aria-selected=true]').waitFor();
      // What is removed can be had back.
      await grid.press('Delete');
      await page.getByText('1,999 photos', { exact: true }).waitFor();
      await page.getByRole('button', { name: 'Undo' }).click();
      await page.getByText('1 of 2,000 selected').waitFor();
      // A photo that is opened by itself is chosen and brought into view, and can be listed alone.
      await page.keyboard.press('Control+o');
      await pressButton(page, 'DSC_2900.jpg');
      await pressButton(page, 'Open 1 photo');
      await page.locator('[aria-posinset="1901"][aria-selected=true]').waitFor();
      await expect.poll(top).toBeGreaterThan(left);
      await page.getByRole('button', { name: /^Single photos/ }).click();
      await page.getByRole('heading', { level: 1, name: 'Single photos' }).waitFor();
      await expect.poll(() => page.locator('[role=option]').allInnerTexts()).toEqual([expect.stringContaining('DSC_2900.jpg')]);
      // So can what lies beside it.
      await page.locator('[role=option]').click({ button: 'right' });
      await page.getByRole('menuitem', { name: 'Show only this folder' }).click();
      await page.getByRole('heading', { level: 1, name: 'Island' }).waitFor();
      await page.locator('[aria-posinset="1901"][aria-selected=true]').waitFor({ state: 'attached' });
      await page.getByRole('button', { name: /^All photos/ }).click();
      await page.getByRole('heading', { level: 1, name: 'All photos' }).waitFor();
    },
  );

  it(
    'has room for the tools of a comparison in the smallest window, names beside them in a large one, moves none of them and shows every result',
    { timeout: 120_000 },
    async () => {
      const { address } = await openDoor(['--photos', '3', '--seconds', '0.4', '--language', 'de', '--theme', 'light']);
      const { page } = await openPage(address);
      await page.locator('[role=option]').nth(1).waitFor();
      await page.keyboard.press('Control+Enter');
      await expect.poll(() => page.locator('[role=option] img').count()).toBe(3);
      await place(page, 1).click();
      await page.locator('li[data-state=done]').nth(2).waitFor();
      await place(page, 0).click();
      await page.locator('[role=option]').nth(1).click();
      await page.keyboard.press('Control+Enter');
      await place(page, 1).click();
      await page.locator('li[data-state=done]').nth(3).waitFor();
      await page.locator('li[data-state=done]').first().getByRole('button', { name: 'Details' }).click();
      await page.getByRole('dialog').getByText('1600 × 1067 → 6400 × 4268').waitFor();
      await page.keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
      await place(page, 0).click();
      await page.locator('[role=option]').nth(1).dblclick();
      await page.getByRole('radio', { name: 'Wischen', checked: true }).waitFor();
      // Enhanced twice: either result can be looked at.
      const results = page.getByRole('group', { name: 'Ergebnisse dieses Fotos' }).getByRole('button');
      await results.nth(1).waitFor();
      await results.nth(1).click();
      await expect.poll(() => results.nth(1).getAttribute('aria-pressed')).toBe('true');
      expect([await results.count(), await results.first().getAttribute('aria-pressed')]).toEqual([2, 'false']);
      await page.setViewportSize({ width: 1024, height: 700 });
      const [modes, title] = [await boxOf(page, '.tools fieldset, .tools [role=radiogroup]'), await boxOf(page, 'header h1')];
      await page.getByRole('radio', { name: 'Unterschied' }).check({ force: true });
      await page.getByRole('slider').waitFor();
      expect(await boxOf(page, '.tools fieldset, .tools [role=radiogroup]')).toEqual(modes);
      expect(await boxOf(page, 'header h1')).toEqual(title);
      expect(await page.locator('header h1').evaluate((heading) => heading.scrollWidth - heading.clientWidth)).toBe(0);
      for (const name of ['Zurück', 'Voriges Foto', 'Nächstes Foto'])
        expect(await page.getByRole('button', { name }).isVisible(), name).toBe(true);
      expect(await page.getByText('Lupe', { exact: true }).isVisible()).toBe(false);
      await page.setViewportSize({ width: 1600, height: 900 });
      await page.getByText('Lupe', { exact: true }).waitFor();
      expect(await page.locator('.named button:visible').count()).toBe(5);
    },
  );

  it('pauses at once, tells what was cancelled from what is done, shows either alone and has both again', async () => {
    const { address } = await openDoor(['--photos', '5', '--seconds', '20']);
    const { page } = await openPage(address);
    await page.locator('[role=option]').nth(1).waitFor();
    await page.keyboard.press('Control+Enter');
    await place(page, 1).click();
    await page.locator('li[data-state=running]').waitFor();
    await page.getByRole('button', { name: 'Pause', exact: true }).click();
    await page.getByRole('button', { name: 'Pause now' }).click();
    await page.locator('li[data-state=running]').waitFor({ state: 'detached' });
    expect(await page.locator('li[data-state=waiting]').count()).toBe(5);
    await page.getByRole('button', { name: 'More' }).click();
    await page.getByRole('menuitem', { name: 'Cancel all' }).click();
    await page.getByText('5 cancelled').waitFor();
    await page.getByText('0 of 5', { exact: true }).waitFor();
    expect(await page.getByRole('heading', { level: 1, name: 'Finished' }).count()).toBe(0);
    await page.getByRole('button', { name: 'Failed or cancelled 5' }).click();
    await expect.poll(() => page.locator('li[data-state=cancelled]').count()).toBe(5);
    expect(await page.getByRole('button', { name: 'Finished 0' }).isDisabled()).toBe(true);
    await page.getByRole('button', { name: 'Retry failed and cancelled' }).click();
    await page.getByText('0 of 5', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'All 5' }).click();
    await page.locator('li[data-state=running]').waitFor();
  });
});
