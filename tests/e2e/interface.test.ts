import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { needs } from '../support/needs.ts';
import { pressButton } from '../support/page-actions.ts';
import { interfacePages, openDoor } from './interface-pages.ts';

describe('the interface', needs('chromium'), () => {
  const { openPage, expectAccessible, expectRoom, place, heard } = interfacePages();
  /** In another language nothing but the room that words take is another: most in German. `npm run screenshots` looks at Chinese too. */
  const expectFine = (language: string) => (language === 'en' ? expectAccessible : expectRoom);

  it.each([
    ['en', 'dark'],
    ['de', 'light'],
  ])(
    'has room for its words on any page, and in English nothing that axe finds, in %s and %s',
    { timeout: 240_000 },
    async (language, theme) => {
      const expectIt = expectFine(language);
      const { address } = await openDoor(['--photos', '12', '--language', language, '--theme', theme, '--seconds', '1.2']);
      const { page, complaints } = await openPage(address);
      const cell = page.locator('[role=option]');
      await cell.nth(11).waitFor({ state: 'attached' });
      await expectIt(page, 'library');
      await cell.nth(1).click();
      // A menu stays where it was opened.
      await page.setViewportSize({ width: 1024, height: 700 });
      await cell.nth(2).click({ button: 'right' });
      await page.getByRole('menu').waitFor();
      await expectIt(page, 'menu');
      await page.getByRole('menuitem').nth(1).click();
      await page.getByRole('dialog').waitFor();
      await expectIt(page, 'enhance with');
      await page.keyboard.press('Escape');
      await page.locator('aside [role=switch]').first().click();
      await expectIt(page, 'faces, without the models for them');
      await page.locator('details summary').click();
      await expectIt(page, 'advanced options');
      await page.locator('.open .entry').first().click();
      await page.getByRole('dialog').waitFor();
      await expectIt(page, 'folder chooser');
      await page.keyboard.press('Escape');
      await page.locator('[role=listbox]').press('Control+a');
      await page.locator('aside footer button').click();
      await place(page, 1).click();
      await page.locator('li[data-state=running]').waitFor();
      await expectIt(page, 'queue, running');
      await page.locator('li[data-state=failed]').waitFor({ timeout: 30_000 });
      await expectIt(page, 'queue, one failed');
      for (const index of [2, -2, -1]) {
        await place(page, index).click();
        await page.locator('h1').waitFor();
        await expectIt(page, `page ${index}`);
      }
      await page.evaluate("location.hash = '#/compare/0/DSC_1000.jpg'");
      // The tool is there when the faces are known.
      await page.locator('.tools .bare').nth(5).waitFor({ state: 'attached' });
      await page.locator('body').press('f');
      await page.locator('.faces button').first().waitFor();
      await expectIt(page, 'choosing faces');
      expect(complaints).toEqual([]);
    },
  );

  it.each([
    ['en', 'light'],
    ['de', 'dark'],
  ])(
    'has room for its words where there is a fleet, and in English nothing that axe finds, in %s and %s',
    { timeout: 60_000 },
    async (language, theme) => {
      const expectIt = expectFine(language);
      const { address } = await openDoor(['--photos', '12', '--language', language, '--theme', theme, '--fleet']);
      const { page, complaints } = await openPage(address);
      await page.locator('aside footer fieldset').waitFor();
      await expectIt(page, 'enhancing with a fleet');
      await place(page, 2).click();
      await page.locator('tr[data-machine]').nth(2).waitFor();
      await expectIt(page, 'fleet');
      await place(page, -2).click();
      await page.locator('.controls button').nth(1).click();
      await page.getByRole('dialog').waitFor();
      await expectIt(page, 'connecting to a fleet');
      expect(complaints).toEqual([]);
    },
  );

  it('downloads, imports, tests and removes models, with the keyboard, and gives axe nothing to find', { timeout: 120_000 }, async () => {
    const { address } = await openDoor(['--photos', '12']);
    const { page, complaints } = await openPage(address);
    const press = (name: string): Promise<void> => pressButton(page, name);
    await place(page, 2).click();
    await press('Download Repeater');
    await page.getByRole('progressbar', { name: 'Download of Repeater' }).waitFor();
    await expectAccessible(page, 'downloading');
    await press('Cancel the download of Repeater');
    await press('Download Repeater');
    await page.getByRole('button', { name: 'Remove Repeater' }).waitFor();
    await press('Test Repeater');
    await page.getByRole('columnheader', { name: 'Agreement' }).waitFor();
    await press('Make faster: Repeater');
    await page.getByRole('progressbar', { name: 'Trying Repeater in 8 bits' }).waitFor();
    await expectAccessible(page, 'making faster');
    await press('Cancel making Repeater faster');
    await press('Make faster: Repeater');
    await page.getByText('2.7 times as fast').waitFor();
    await page.getByRole('button', { name: 'Make faster: Repeater' }).waitFor({ state: 'detached' });
    await press('Import models …');
    await press('good.onnx');
    await press('bad.pth');
    await press('Import 2 files');
    await page.getByText('good is ready to use.').waitFor();
    await page.getByText('bad is of a kind that Onestep does not know.').waitFor();
    await expectAccessible(page, 'imported');
    await press('Remove good');
    await page.getByRole('dialog').waitFor();
    await expectAccessible(page, 'removing');
    await press('Remove');
    await page.getByRole('button', { name: 'Remove good' }).waitFor({ state: 'detached' });
    expect(complaints).toEqual([]);
  });

  it('asks what a model of Stable Diffusion is made of', { timeout: 60_000 }, async () => {
    const { address } = await openDoor(['--photos', '12']);
    const { page, complaints } = await openPage(address);
    const press = (name: string): Promise<void> => pressButton(page, name);
    await place(page, 2).click();
    await press('Import Stable Diffusion …');
    await page.getByRole('dialog').waitFor();
    await expectAccessible(page, 'importing Stable Diffusion');
    expect(await page.getByRole('button', { name: 'Import', exact: true }).isDisabled()).toBe(true);
    await press('Stable Diffusion folder: Choose …');
    await press('Use this folder');
    await press('LoRA weights: Choose …');
    await press('good.onnx');
    await press('Import 1 file');
    await page.getByRole('button', { name: 'LoRA weights: good.onnx' }).waitFor();
    await press('Import');
    const progress = page.getByRole('progressbar', { name: 'Importing …' });
    await expect.poll(() => progress.getAttribute('aria-valuenow')).toMatch(/^[1-9]/);
    await expectAccessible(page, 'converting Stable Diffusion');
    await press('Cancel the import');
    await progress.waitFor({ state: 'detached' });
    await page.getByText('is ready to use.').waitFor({ state: 'detached' });
    await press('Import Stable Diffusion …');
    await press('Stable Diffusion folder: Choose …');
    await press('Use this folder');
    await press('Import');
    await page.getByText('is ready to use.').waitFor();
    expect(complaints).toEqual([]);
  });

  it('says what of a tile is computed where that can be read before it is over', { timeout: 60_000 }, async () => {
    const stage = /reading a tile|adding detail|drawing the tile/;
    const enhancing = async (seconds: string): Promise<Page> => {
      const { address } = await openDoor(['--photos', '6', '--seconds', seconds]);
      const { page } = await openPage(address);
      await page.getByRole('button', { name: 'Enhance 6 photos' }).click();
      await place(page, 1).click();
      await page.getByRole('region', { name: 'Being enhanced now' }).waitFor();
      return page;
    };
    await (await enhancing('24')).getByText(stage).waitFor();
    // Looked at in every frame until the first photo is done and the next one has begun.
    const { words, pictures, slowest } = await (
      await enhancing('6')
    ).evaluate(async () => {
      const [words, pictures] = [new Set<string>(), new Set<string>()];
      let slowest = 0;
      for (let left = 10; left > 0;) {
        const current = document.querySelector<HTMLElement>('section[aria-label="Being enhanced now"]');
        const sources = [...(current?.querySelectorAll('img') ?? [])].map((picture) => /\d+/.exec(picture.getAttribute('src') ?? '')?.[0]);
        pictures.add(`${current?.querySelector('h2')?.innerText ?? ''} ${[...new Set(sources)].join(' ')}`);
        if (document.querySelector('li[data-state=done]') === null) words.add(current?.innerText ?? '');
        if (pictures.size > 1) left -= 1;
        for (const one of current?.querySelector('.bar')?.getAnimations() ?? [])
          if (one instanceof CSSTransition) slowest = Math.max(slowest, Number(one.effect?.getTiming().duration));
        await new Promise(requestAnimationFrame);
      }
      return { words: [...words], pictures: [...pictures], slowest };
    });
    expect(words.length).toBeGreaterThan(1);
    expect(words.filter((text) => stage.test(text))).toEqual([]);
    // A bar is where its number is before another is told, at most every 100 ms.
    expect(slowest).toBeLessThan(100);
    // A photo is never shown beside the name and the bar of another.
    const shown = pictures.map((text) => /^DSC_(\d+)\.jpg (\d+)$/.exec(text) ?? [text]);
    expect(shown.map(([text, name, picture]) => Number(name) - Number(picture) === 1000 || text)).toEqual(shown.map(() => true));
  });

  it('gives axe nothing to find in what opens over pages', { timeout: 240_000 }, async () => {
    const { address } = await openDoor(['--photos', '6', '--seconds', '0.4', '--theme', 'light']);
    const { page, complaints } = await openPage(address);
    await page.getByRole('button', { name: 'Filter' }).click();
    await expectAccessible(page, 'filters');
    await page.keyboard.press('Escape');
    await page.locator('[role=option]').nth(5).click();
    await page.keyboard.press('Delete');
    await page.getByRole('button', { name: 'Undo' }).waitFor();
    await expectAccessible(page, 'a message');
    await page.getByRole('button', { name: 'Undo' }).click();
    await page.getByText('1 of 6 selected').waitFor();
    await page.getByRole('listbox', { name: 'Photos' }).press('Escape');
    await page.getByRole('button', { name: 'Presets' }).click();
    await page.getByRole('menuitem', { name: 'Save as preset' }).click();
    await expectAccessible(page, 'saving a preset');
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Enhance 6 photos' }).click();
    await place(page, 1).click();
    await page.locator('li[data-state=failed]').waitFor({ timeout: 30_000 });
    await page.locator('li[data-state=failed]').getByRole('button', { name: 'Details', exact: true }).click();
    await page.getByRole('dialog').waitFor();
    await expectAccessible(page, 'details of a photo');
    await page.keyboard.press('Escape');
    await place(page, 2).click();
    await page.getByRole('button', { name: 'Measure speed' }).click();
    await page.getByText('4 more are not available here').click();
    await page.getByText('Details').first().click();
    await page.getByRole('button', { name: 'Test 2×: Onestep Photo' }).click();
    await page.getByRole('columnheader', { name: 'Agreement' }).waitFor();
    await expectAccessible(page, 'models, all unfolded');
    expect(complaints).toEqual([]);
  });

  it('gives axe nothing to find where there is nothing yet', async () => {
    const { address } = await openDoor(['--photos', '0', '--first-time']);
    const { page, complaints } = await openPage(address);
    await page.getByRole('heading', { level: 1, name: 'Larger, clearer photos' }).waitFor();
    // Of the catalogue, the model that is best without a graphics card.
    await page.getByRole('button', { name: 'Download General' }).waitFor();
    await expectAccessible(page, 'welcome');
    await page.getByRole('button', { name: 'Look around first' }).click();
    await page.getByRole('heading', { level: 1, name: 'Drop photos here' }).waitFor();
    await expectAccessible(page, 'empty library');
    await place(page, 1).click();
    await expectAccessible(page, 'empty queue');
    const interrupted = await openPage((await openDoor(['--photos', '3', '--interrupted'])).address);
    await interrupted.page.getByText('The last run was interrupted.').waitFor();
    await expectAccessible(interrupted.page, 'an interrupted run');
    expect([...complaints, ...interrupted.complaints]).toEqual([]);
  });

  it('can be worked with the keyboard alone', async () => {
    const { address } = await openDoor(['--photos', '2000']);
    const { page } = await openPage(address);
    const grid = page.getByRole('listbox', { name: 'Photos' });
    // A key that comes before the photos has nothing to go to.
    await page.locator('[role=option]').first().waitFor();
    await grid.focus();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Shift+ArrowDown');
    const columns = 3;
    await page.getByText(`${columns + 1} of 2,000 selected`).waitFor();
    const active = await grid.getAttribute('aria-activedescendant');
    expect(await page.locator(`[id="${active ?? ''}"]`).getAttribute('aria-posinset')).toBe(String(2 + columns));
    await page.keyboard.press('End');
    await page.locator('[aria-posinset="2000"][aria-selected=true]').waitFor();
    await page.keyboard.press('Control+a');
    await page.getByRole('button', { name: 'Enhance 2,000 photos' }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByText('2,000 photos', { exact: true }).waitFor();
    await page.keyboard.press('Control+f');
    await page.keyboard.type('DSC_101');
    await page.getByText('10 photos', { exact: true }).waitFor();
  });

  it('complains of no picture that failed when its page had been left', async () => {
    const { address } = await openDoor(['--photos', '6']);
    const { page } = await openPage('about:blank');
    let failed = 0;
    await page.route('**/thumbnail/**', async (route) => {
      await new Promise((resolve) => setTimeout(resolve, 500));
      await route.abort();
      failed += 1;
    });
    await page.goto(address);
    await page.locator('[role=option] img').first().waitFor({ state: 'attached' });
    await place(page, 2).click();
    await expect.poll(() => failed).toBeGreaterThanOrEqual(6);
    // What the browser says of a picture that does not come.
    expect(heard.splice(0).filter((complaint) => !complaint.includes('net::ERR_'))).toEqual([]);
  });

  it('says when the application is gone, and goes on when it is back', async () => {
    const door = await openDoor(['--photos', '6']);
    const { page } = await openPage(door.address);
    await page.getByText('6 photos', { exact: true }).waitFor();
    await door.stop();
    await page.getByRole('alert').getByText('Onestep is not responding.').waitFor();
    await expectAccessible(page, 'gone');
    await openDoor(['--photos', '9', '--port', new URL(door.address).port]);
    await page.getByText('9 photos', { exact: true }).waitFor({ timeout: 20_000 });
    expect(await page.getByRole('alert').count()).toBe(0);
    // What the browser says of a connection that is gone.
    const own = heard.splice(0).filter((complaint) => !/WebSocket|net::ERR_/.test(complaint));
    expect(own).toEqual([]);
  });
});
