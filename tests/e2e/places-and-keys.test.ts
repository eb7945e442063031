import { describe, expect, it } from 'vitest';
import { needs } from '../support/needs.ts';
import { interfacePages, openDoor, tabTo } from './interface-pages.ts';

describe('pages of the interface', needs('chromium'), () => {
  const { openPage, expectAccessible, place } = interfacePages();

  it('leaves keys to what is on top: a dialog, or another page', async () => {
    const { address } = await openDoor(['--photos', '6']);
    const { page } = await openPage(address);
    const queued = (): Promise<string> => place(page, 1).innerText();
    const cell = page.locator('[role=option]');
    await cell.nth(1).click();
    await cell.nth(1).click({ button: 'right' });
    await page.getByRole('menuitem', { name: 'Enhance with …' }).click();
    await page.getByRole('dialog').waitFor();
    await page.keyboard.press('Control+Enter');
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    // What is chosen in the library stays chosen while another page is looked at.
    await place(page, 2).click();
    for (const key of ['e', 'Control+Enter', 'Delete', 'Enter']) await page.locator('body').press(key);
    await page.keyboard.press('?');
    const help = page.getByRole('dialog', { name: 'Keyboard shortcuts' });
    await help.getByText('Open photos').waitFor();
    expect(await help.getByText('Remove from list').count()).toBe(0);
    await page.keyboard.press('Escape');
    expect(await queued()).toBe('Queue');
    await place(page, 0).click();
    await page.getByText('1 of 6 selected').waitFor();
    await page.keyboard.press('?');
    await help.getByText('Remove from list').waitFor();
    await help.getByText('Enhance', { exact: true }).waitFor();
    await expectAccessible(page, 'keyboard shortcuts');
    await page.keyboard.press('Escape');
    await page.keyboard.press('F1');
    await page.getByRole('heading', { level: 1, name: 'Help' }).waitFor();
    await page.getByRole('heading', { name: 'Your first photo' }).waitFor();
    await expectAccessible(page, 'help');
    await page.getByRole('link', { name: 'Troubleshooting' }).click();
    await page.getByRole('radio', { name: 'Troubleshooting', checked: true }).waitFor();
    await page.goBack();
    await page.goBack();
    await page.getByText('1 of 6 selected').waitFor();
    await page.keyboard.press('Control+Enter');
    await expect.poll(queued).toMatch(/Queue\s*1/);
  });

  it('closes a tooltip by Escape before anything beneath it, and forgets one that went away with its page', async () => {
    const { address } = await openDoor(['--photos', '200']);
    const { page, complaints } = await openPage(address);
    const tip = page.locator('.tip');
    await page.locator('[role=option]').nth(1).dblclick();
    await page.getByRole('heading', { level: 1, name: /^DSC/ }).waitFor();
    await tabTo(page, /^Back/);
    await tip.waitFor();
    await page.keyboard.press('Escape');
    await tip.waitFor({ state: 'detached' });
    expect(page.url()).toContain('#/compare');
    await page.keyboard.press('Escape');
    await page.locator('[role=option]').first().waitFor();
    await page.keyboard.press('?');
    const dialog = page.getByRole('dialog', { name: 'Keyboard shortcuts' });
    await dialog.waitFor();
    await tabTo(page, /^Close$/);
    await tip.waitFor();
    await page.keyboard.press('Escape');
    await tip.waitFor({ state: 'detached' });
    expect(await dialog.isVisible()).toBe(true);
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    // Gone with its page while it is open; the page that comes is scrolled.
    await page.locator('[role=option]').nth(1).dblclick();
    await tabTo(page, /^Back/);
    await tip.waitFor();
    await page.goBack();
    const grid = page.getByRole('listbox', { name: 'Photos' });
    await grid.waitFor();
    await grid.evaluate((element) => (element.scrollTop = 500));
    await page.locator('[aria-posinset="12"]').waitFor();
    expect(complaints).toEqual([]);
  });

  it('keeps the place of a page in its address: Back, a reload and another tab show it again', { timeout: 60_000 }, async () => {
    const { address } = await openDoor(['--photos', '2000']);
    const { page, complaints } = await openPage(address);
    const grid = page.getByRole('listbox', { name: 'Photos' });
    await grid.waitFor();
    await grid.evaluate((element) => (element.scrollTop = 20_000));
    const top = (): Promise<number> => grid.evaluate((element) => element.scrollTop);
    await page.locator('[role=option]').nth(9).click();
    await page.getByText('1 of 2,000 selected').waitFor();
    const left = await top();
    await place(page, 2).click();
    await page.getByRole('heading', { level: 1, name: 'Models' }).waitFor();
    await page.goBack();
    await expect.poll(top).toBe(left);
    await page.getByText('1 of 2,000 selected').waitFor();
    await expect.poll(() => new URL(page.url()).hash).toMatch(/^#\/library\?at=\d+&photo=\d+$/);
    const { hash } = new URL(page.url());
    await page.reload();
    await grid.waitFor();
    await expect.poll(top).toBeGreaterThan(left - 300);
    expect(new URL(page.url()).hash).toBe(hash);
    await page.getByRole('searchbox').fill('DSC_101');
    await page.getByText('10 photos', { exact: true }).waitFor();
    await expect.poll(() => page.url()).toContain('search=DSC_101');
    const other = await openPage(page.url());
    await other.page.getByText('10 photos', { exact: true }).waitFor();
    expect([...complaints, ...other.complaints]).toEqual([]);
  });

  it('says what is wrong in a field, and does nothing until it is put right', { timeout: 60_000 }, async () => {
    const { address } = await openDoor(['--photos', '6']);
    const { page, complaints } = await openPage(address);
    const enhance = page.getByRole('button', { name: 'Enhance 6 photos' });
    const name = page.getByRole('textbox', { name: 'Name' });
    await page.getByText('All 6 photos in the list').waitFor();
    // Added up, and not begun over and over.
    await page.getByText('200 GB free').waitFor();
    await name.fill('../{name}');
    await page.getByRole('alert').getByText('“..”').waitFor();
    expect(await enhance.isDisabled()).toBe(true);
    await page.keyboard.press('Control+Enter');
    expect(await place(page, 1).innerText()).toBe('Queue');
    expect(await name.inputValue()).toBe('../{name}');
    await name.fill('{name}');
    await page.getByRole('combobox', { name: 'Size' }).selectOption('longEdge');
    await page.getByRole('textbox', { name: 'Long edge' }).fill('0');
    await page.getByRole('alert').getByText('a number from 1 to 2,000,000').waitFor();
    await expectAccessible(page, 'a field that is wrong');
    expect(await enhance.isDisabled()).toBe(true);
    await page.getByRole('textbox', { name: 'Long edge' }).fill('2000');
    expect(await enhance.isEnabled()).toBe(true);
    await page.getByRole('button', { name: 'Presets' }).click();
    await page.getByRole('menuitem', { name: 'Save as preset' }).click();
    await page.getByRole('dialog').waitFor();
    await page.keyboard.type('Large');
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Presets' }).click();
    await page.getByRole('menuitem', { name: 'Large' }).waitFor();
    await page.getByRole('menuitem', { name: 'Delete presets …' }).click();
    await page.getByRole('dialog').waitFor();
    await expectAccessible(page, 'deleting a preset');
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Presets' }).click();
    await page.getByRole('menuitem', { name: 'Archive: 16-bit TIFF' }).click();
    await page.getByRole('combobox', { name: 'Compression' }).waitFor();
    expect(await page.getByRole('combobox', { name: 'Bits per colour' }).inputValue()).toBe('16');
    expect(complaints).toEqual([]);
  });

  it('takes a family for a model, print sizes in both units, and folders by their path', { timeout: 60_000 }, async () => {
    const { address } = await openDoor(['--photos', '6']);
    const { page, complaints } = await openPage(address);
    const model = page.getByRole('combobox', { name: 'Model' });
    const models = async (): Promise<string[]> => (await model.getByRole('option').allInnerTexts()).map((text) => text.trim());
    await expect.poll(models).toEqual(['Automatic', 'Onestep Photo']);
    await model.selectOption('Onestep Photo');
    await page.getByRole('slider', { name: 'Strength' }).waitFor();
    await page.getByRole('combobox', { name: 'Size' }).selectOption('print');
    await page.getByRole('combobox', { name: 'Paper' }).selectOption('8 × 10 in');
    const width = page.getByRole('textbox', { name: 'Width' });
    await expect.poll(() => width.inputValue()).toBe('10');
    await page.getByRole('radio', { name: 'cm' }).check({ force: true });
    await expect.poll(() => width.inputValue()).toBe('25.4');
    await width.fill('31');
    expect(await page.getByRole('combobox', { name: 'Paper' }).inputValue()).toBe('');
    await expectAccessible(page, 'print size');
    await page.getByRole('radio', { name: 'In a folder' }).check({ force: true });
    const dialog = page.getByRole('dialog');
    // Photos are known by their pictures, and by the end of a long name.
    await expect
      .poll(() => dialog.locator('img').evaluateAll((all: HTMLImageElement[]) => all.filter((one) => one.naturalWidth > 0).length))
      .toBe(4);
    await dialog.locator('.tail', { hasText: '0042.jpg' }).waitFor();
    await dialog.getByRole('list', { name: 'Path' }).getByRole('button', { name: 'Pictures' }).waitFor();
    await dialog.getByRole('button', { name: 'New folder' }).press('Enter');
    await page.keyboard.type('larger');
    await page.keyboard.press('Enter');
    await dialog.getByRole('list', { name: 'Path' }).getByRole('button', { name: 'larger' }).waitFor();
    await dialog.getByRole('button', { name: 'Type a path' }).press('Enter');
    await page.keyboard.type('/srv/photos');
    await page.keyboard.press('Enter');
    await dialog.getByRole('list', { name: 'Path' }).getByRole('button', { name: 'srv' }).waitFor();
    await expectAccessible(page, 'folder chooser');
    await dialog.getByRole('button', { name: 'Use this folder' }).press('Enter');
    await page.getByRole('button', { name: 'photos', exact: true }).waitFor();
    expect(complaints).toEqual([]);
  });

  it('goes by the keyboard alone from a folder to results, a comparison and a retry', { timeout: 180_000 }, async () => {
    const { address } = await openDoor(['--photos', '6', '--seconds', '0.6', '--closed']);
    const { page, complaints } = await openPage(address);
    const press = async (name: RegExp): Promise<void> => {
      await tabTo(page, name);
      await page.keyboard.press('Enter');
    };
    await page.getByRole('heading', { level: 1, name: 'Drop photos here' }).waitFor();
    await page.keyboard.press('Control+Shift+o');
    await page.getByRole('dialog').waitFor();
    await page.getByRole('list', { name: 'Path' }).getByRole('button', { name: 'Pictures' }).waitFor();
    await press(/^Open this folder$/);
    await page.getByText('6 photos', { exact: true }).waitFor();
    await tabTo(page, /^Photos$/);
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Shift+End');
    await page.getByText('6 of 6 selected').waitFor();
    await page.keyboard.press('Control+Enter');
    await press(/^Queue/);
    await page.locator('li[data-state=failed]').waitFor({ timeout: 30_000 });
    await page.getByRole('heading', { name: 'Finished' }).waitFor({ timeout: 30_000 });
    await press(/^Retry failed and cancelled$/);
    await expect.poll(() => page.locator('li[data-state=done]').count(), { timeout: 30_000 }).toBe(6);
    await press(/^Compare$/);
    await page.getByRole('radio', { name: 'Wipe', checked: true }).waitFor();
    // All tiles of a large result, drawn without a graphics card: on a busy computer that takes its time.
    await page.locator('[data-complete=true]').first().waitFor({ timeout: 90_000 });
    await expectAccessible(page, 'compare');
    await page.keyboard.press('m');
    await page.getByRole('radio', { name: 'Side by side', checked: true }).waitFor();
    await page.keyboard.press('Escape');
    await page.locator('li[data-state=done]').first().waitFor();
    expect(complaints).toEqual([]);
  });

  it('shows a sample of any place, larger, and models beside each other', { timeout: 180_000 }, async () => {
    const { address } = await openDoor(['--photos', '6']);
    const { page, complaints } = await openPage(address);
    await page.locator('[role=option]').nth(2).click();
    const divider = page.getByRole('slider', { name: 'Divider between before and after' });
    await divider.waitFor();
    const aside = page.getByRole('complementary', { name: 'Enhance' });
    const before = (): Promise<string | null> => aside.locator('.before img').getAttribute('src');
    const first = await before();
    await aside.getByRole('button', { name: 'Move' }).press('Enter');
    await expectAccessible(page, 'where the sample is taken');
    await aside.getByRole('button', { name: /^Where the sample is taken/ }).click({ position: { x: 20, y: 20 } });
    await divider.waitFor();
    await expect.poll(before).not.toBe(first);
    await aside.getByRole('button', { name: 'Enlarge' }).press('Enter');
    await page
      .getByRole('dialog', { name: /^Sample of/ })
      .getByRole('slider')
      .waitFor();
    await expectAccessible(page, 'a larger sample');
    await page.keyboard.press('Escape');
    await aside.getByRole('button', { name: 'Compare' }).press('Enter');
    await page.getByRole('status', { name: 'Current zoom' }).getByText('100%').waitFor();
    await page.getByRole('button', { name: 'Loupe' }).hover();
    const tip = page.locator('.tip').getByText('Loupe');
    await tip.waitFor();
    // What is said of a tool lies over the photo.
    expect(
      await tip.evaluate((element) => {
        element.style.pointerEvents = 'auto';
        const { left, top, width, height } = element.getBoundingClientRect();
        return document.elementFromPoint(left + width / 2, top + height / 2) === element;
      }),
    ).toBe(true);
    await page.keyboard.press('g');
    await page
      .getByRole('region', { name: /Default$/ })
      .first()
      .waitFor();
    await expect.poll(() => page.locator('.cells [data-complete=true]').count(), { timeout: 60_000 }).toBe(6);
    // Every cell is full of its picture.
    const empty = await page
      .locator('.cells .picture')
      .evaluateAll(
        (cells) =>
          cells.filter(
            ({ clientWidth, clientHeight }) =>
              Math.abs(clientWidth / clientHeight - (cells[0]?.clientWidth ?? 1) / (cells[0]?.clientHeight ?? 1)) > 0.01,
          ).length,
      );
    expect(empty).toBe(0);
    await expectAccessible(page, 'models beside each other');
    expect(complaints).toEqual([]);
  });

  it('moves a waiting job with the arrow keys', async () => {
    const { address } = await openDoor(['--photos', '6', '--seconds', '30']);
    const { page } = await openPage(address);
    await page.getByRole('button', { name: 'Enhance 6 photos' }).click();
    await place(page, 1).click();
    const names = page.locator('li[data-state=waiting] .name');
    await names.nth(4).waitFor();
    const before = await names.allInnerTexts();
    await page.getByRole('button', { name: `Move ${before[2] ?? ''}` }).focus();
    await page.keyboard.press('ArrowUp');
    await page.locator(`li[aria-posinset="3"]:has-text("${before[2] ?? ''}")`).waitFor();
    expect(await page.locator('li[aria-posinset="4"] .name').innerText()).toBe(before[1]);
  });
});
