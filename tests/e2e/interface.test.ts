import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { chromiumWords, findChromium } from '../support/chromium.ts';
import { layoutTroubles } from '../support/layout-check.mjs';
import { needs } from '../support/needs.ts';
import { pressButton, transitionsOver } from '../support/page-actions.ts';

const program = join(import.meta.dirname, '../support/scripted-door.mjs');
const axePath = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
const executablePath = findChromium();

interface Door {
  readonly address: string;
  readonly stop: () => Promise<void>;
}

/** The interface alone, over an application that is played; stopped after the test. */
async function openDoor(words: readonly string[]): Promise<Door> {
  const child = spawn(process.execPath, [program, ...words], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [address] = (await once(child.stdout.setEncoding('utf8'), 'data')) as [string];
  const stop = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  };
  onTestFinished(stop);
  return { address: address.trim(), stop };
}

interface Complaints {
  readonly violations: { readonly id: string; readonly nodes: { readonly target: unknown[]; readonly failureSummary: string }[] }[];
}

describe('the interface', needs('chromium'), () => {
  let browser: Browser;
  let axe: string;
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: executablePath ?? '', args: [...chromiumWords] });
    axe = await readFile(axePath, 'utf8');
  });
  afterAll(() => browser.close());

  /** What the consoles of all pages of a test complained about: nothing, whatever the test is about. */
  const heard: string[] = [];
  afterEach(() => {
    expect(heard.splice(0)).toEqual([]);
  });

  /** A page, and what its console complained about: a style or script that the policy refuses would be among it. */
  async function openPage(address: string): Promise<{ page: Page; complaints: string[] }> {
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    onTestFinished(() => page.close());
    const complaints: string[] = [];
    const hear = (complaint: string): void => {
      complaints.push(complaint);
      heard.push(complaint);
    };
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') hear(message.text());
    });
    page.on('pageerror', (error) => hear(error.message));
    await page.goto(address);
    return { page, complaints };
  }

  /** In the smallest window that there is, everything can still be seen and pressed. */
  async function expectRoom(page: Page, where: string): Promise<void> {
    await page.setViewportSize({ width: 1024, height: 700 });
    await transitionsOver(page);
    expect(await page.evaluate<string[]>(layoutTroubles), `${where}, 1024 × 700`).toEqual([]);
    await page.setViewportSize({ width: 1280, height: 800 });
  }

  async function expectAccessible(page: Page, where: string): Promise<void> {
    await expectRoom(page, where);
    await transitionsOver(page);
    await page.evaluate(axe);
    const found = await page.evaluate<Complaints>("axe.run(document, { resultTypes: ['violations'] })");
    const told = found.violations.flatMap(({ id, nodes }) =>
      nodes.map(({ target, failureSummary }) => `${id}: ${target.join(' ')}: ${failureSummary}`),
    );
    expect(told, where).toEqual([]);
  }

  const place = (page: Page, index: number) => page.locator('nav .entry').nth(index);

  it.each([
    ['en', 'dark'],
    ['de', 'light'],
    ['zh', 'dark'],
  ])('gives axe nothing to find on any page, in %s and %s', { timeout: 120_000 }, async (language, theme) => {
    const { address } = await openDoor(['--photos', '12', '--language', language, '--theme', theme, '--seconds', '1.2']);
    const { page, complaints } = await openPage(address);
    const cell = page.locator('[role=option]');
    await cell.nth(11).waitFor({ state: 'attached' });
    await expectAccessible(page, 'library');
    await cell.nth(1).click();
    await cell.nth(2).click({ button: 'right' });
    await page.getByRole('menu').waitFor();
    await expectAccessible(page, 'menu');
    await page.getByRole('menuitem').nth(1).click();
    await page.getByRole('dialog').waitFor();
    await expectAccessible(page, 'enhance with');
    await page.keyboard.press('Escape');
    await page.locator('details summary').click();
    await expectAccessible(page, 'advanced options');
    await page.locator('.open .entry').first().click();
    await page.getByRole('dialog').waitFor();
    await expectAccessible(page, 'folder chooser');
    await page.keyboard.press('Escape');
    await page.locator('[role=listbox]').press('Control+a');
    await page.locator('aside footer button').click();
    await place(page, 1).click();
    await page.locator('li[data-state=running]').waitFor();
    await expectAccessible(page, 'queue, running');
    await page.locator('li[data-state=failed]').waitFor({ timeout: 30_000 });
    await expectAccessible(page, 'queue, one failed');
    for (const index of [2, -2, -1]) {
      await place(page, index).click();
      await page.locator('h1').waitFor();
      await expectAccessible(page, `page ${index}`);
    }
    expect(complaints).toEqual([]);
  });

  it('downloads, imports, tests and removes models, with the keyboard, and gives axe nothing to find', { timeout: 60_000 }, async () => {
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
    // Looked at in every frame until the first photo is done.
    const words = await (
      await enhancing('6')
    ).evaluate(async () => {
      const seen = new Set<string>();
      while (document.querySelector('li[data-state=done]') === null) {
        seen.add(document.querySelector<HTMLElement>('section[aria-label="Being enhanced now"]')?.innerText ?? '');
        await new Promise(requestAnimationFrame);
      }
      return [...seen];
    });
    expect(words.length).toBeGreaterThan(1);
    expect(words.filter((text) => stage.test(text))).toEqual([]);
  });

  it('gives axe nothing to find where there is nothing yet', async () => {
    const { address } = await openDoor(['--photos', '0', '--first-time']);
    const { page, complaints } = await openPage(address);
    await page.getByRole('heading', { level: 1, name: 'Larger, clearer photos' }).waitFor();
    await expectAccessible(page, 'welcome');
    await page.getByRole('button', { name: 'Look around first' }).click();
    await page.getByRole('heading', { level: 1, name: 'Drop photos here' }).waitFor();
    await expectAccessible(page, 'empty library');
    await place(page, 1).click();
    await expectAccessible(page, 'empty queue');
    expect(complaints).toEqual([]);
  });

  it('can be worked with the keyboard alone', async () => {
    const { address } = await openDoor(['--photos', '2000']);
    const { page } = await openPage(address);
    const grid = page.getByRole('listbox', { name: 'Photos' });
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

  it('says when the application is gone, and goes on when it is back', async () => {
    const door = await openDoor(['--photos', '6']);
    const { page } = await openPage(door.address);
    await page.getByText('6 photos', { exact: true }).waitFor();
    await door.stop();
    await page.getByRole('alert').getByText('Onestep is not responding.').waitFor();
    await openDoor(['--photos', '9', '--port', new URL(door.address).port]);
    await page.getByText('9 photos', { exact: true }).waitFor({ timeout: 20_000 });
    expect(await page.getByRole('alert').count()).toBe(0);
    // What the browser says of a connection that is gone.
    const own = heard.splice(0).filter((complaint) => !/WebSocket|ERR_CONNECTION/.test(complaint));
    expect(own).toEqual([]);
  });
});
