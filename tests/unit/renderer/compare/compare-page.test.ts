// @vitest-environment node
import type { Browser, Page, Route } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Region } from '../../../../src/shared/request.ts';
import { openChromium, settled, visit } from './page/browser.ts';
import { driftShown, openComparePage, type ComparePage } from './page/server.ts';
import { findingsOf } from '../../../support/accessibility.ts';
import { needs } from '../../../support/needs.ts';

type Colour = Readonly<Record<'r' | 'g' | 'b', number>>;

const plain = (width: number, height: number, background: Colour): Promise<Buffer> =>
  sharp({ create: { width, height, channels: 3, background } })
    .png()
    .toBuffer();

const before = { r: 100, g: 120, b: 140 };
const after = { r: 110, g: 117, b: 140 };

/** The colour of the screen at a point in CSS pixels. */
async function screenAt(page: Page, x: number, y: number): Promise<number[]> {
  const shot = await page.screenshot({ clip: { x, y, width: 1, height: 1 } });
  return [...(await sharp(shot).removeAlpha().raw().toBuffer())];
}

describe('comparing photos', needs('chromium'), () => {
  let browser: Browser;
  let compared: ComparePage;
  let page: Page;

  beforeAll(async () => {
    browser = await openChromium();
    compared = await openComparePage([
      { source: await plain(600, 400, before), result: await plain(2400, 1600, after) },
      { source: await plain(500, 700, after), result: await plain(1500, 2100, before) },
      { source: await plain(1500, 1400, before), result: null },
      { source: await plain(60, 40, before), result: null },
    ]);
  });
  afterAll(async () => {
    await browser.close();
    await compared.close();
  });
  beforeEach(async () => {
    page = await visit(browser, compared);
    await page.locator('.viewport').focus();
  });
  afterEach(async () => {
    await page.close();
  });

  /** The screen at a point of the viewport comes to have a colour, give or take one for rounding. */
  const shows = (x: number, { r, g, b }: Colour): Promise<void> =>
    expect
      .poll(async () => (await screenAt(page, x, 300)).map((value, index) => Math.abs(value - ([r, g, b][index] ?? -9)) <= 1))
      .toEqual([true, true, true]);
  const scale = (): Promise<string | null> => page.getByLabel('Current zoom').textContent();
  const called = (name: string): (readonly unknown[])[] =>
    compared.calls.filter((call) => call.name === name).map(({ parameters }) => parameters);
  const drag = async (from: readonly [number, number], to: readonly [number, number]): Promise<void> => {
    await page.mouse.move(...from);
    await page.mouse.down();
    await page.mouse.move((from[0] + to[0]) / 2, (from[1] + to[1]) / 2);
    await page.mouse.move(...to);
    await page.mouse.up();
  };

  it('goes through the four ways with M, remembers the last, and shows in each what it should', async () => {
    await page.keyboard.press('1');
    await settled(page);
    await shows(300, before);
    await shows(800, after);
    await page.keyboard.press('m');
    await settled(page);
    await shows(300, before);
    await shows(800, after);
    await page.keyboard.press('m');
    await settled(page);
    await shows(300, after);
    await page.keyboard.down(' ');
    await shows(300, before);
    await page.keyboard.up(' ');
    await page.keyboard.press('b');
    await shows(800, before);
    await page.keyboard.press('m');
    await expect.poll(() => compared.settings.compareMode).toBe('difference');
    // Four times |110 − 100|, |117 − 120|, 0.
    await shows(300, { r: 40, g: 12, b: 0 });
    await page.keyboard.press('m');
    await expect.poll(() => compared.settings.compareMode).toBe('wipe');
  });

  it('moves the divider by mouse and keys, and centres it', async () => {
    const divider = page.getByRole('slider', { name: 'Divider' });
    await drag([550, 200], [330, 200]);
    expect(await divider.getAttribute('aria-valuenow')).toBe('30');
    await divider.focus();
    await page.keyboard.press('Shift+ArrowRight');
    expect(await divider.getAttribute('aria-valuenow')).toBe('40');
    await divider.dblclick();
    expect(await divider.getAttribute('aria-valuenow')).toBe('50');
  });

  it('zooms by keys, by the wheel about the pointer, and by double click', async () => {
    for (const [key, wanted] of [
      ['1', '100%'],
      ['2', '200%'],
      ['8', '800%'],
      ['-', '600%'],
      ['0', '39%'],
      ['+', '50%'],
    ] as const) {
      await page.keyboard.press(key);
      expect(await scale()).toBe(wanted);
    }
    await page.mouse.move(700, 300);
    await page.mouse.wheel(0, -500);
    await expect.poll(scale).toBe('123%');
    await page.mouse.dblclick(200, 300);
    await expect.poll(scale).toBe('39%');
  });

  it('keeps the spot and the scale from photo to photo', async () => {
    await page.keyboard.press('2');
    await page.keyboard.press(']');
    await page.getByRole('heading', { name: 'photo-1.png' }).waitFor();
    await settled(page);
    expect(await scale()).toBe('200%');
    await page.mouse.move(549.5, 396);
    await page.getByText('x 749, y 1050').waitFor();
    await page.keyboard.press('PageUp');
    await page.getByRole('heading', { name: 'photo-0.png' }).waitFor();
  });

  it('reads pixels of both', async () => {
    await page.keyboard.press('1');
    await page.mouse.move(300, 300);
    await page.getByText('100 120 140').waitFor();
    await page.getByText('110 117 140').waitFor();
  });

  it('enhances a rectangle first, then the whole photo in the same way', async () => {
    await page.keyboard.press(']');
    await page.keyboard.press(']');
    await page.getByText('Not enhanced yet').waitFor();
    await page.keyboard.press('r');
    await page.getByText('At most 1,000 × 1,000 pixels').waitFor();
    await drag([400, 200], [700, 400]);
    await page.getByText('Enhanced by Model sharp').waitFor();
    expect(await scale()).toBe('100%');
    const [id, region, options] = called('photos.preview').at(-1) ?? [];
    expect(id).toBe(4);
    expect((region as Region).width).toBeGreaterThan(100);
    await page.getByRole('button', { name: 'Enhance whole photo' }).click();
    await page.getByText('photo-2.png will be enhanced.').waitFor();
    expect(called('queue.enqueue').at(-1)).toEqual([[4], options]);
  });

  it('knows whether all in view is there, whatever comes, goes, or lies out of view', async () => {
    const completeness = (): Promise<string> =>
      page.locator('.pane').evaluateAll((panes) => panes.map((pane) => pane.getAttribute('data-complete')).join(' '));
    const held: Route[] = [];
    let holding = true;
    await page.route(/\/photo\/1\d{5}\/tile\//, async (route) => {
      if (holding) held.push(route);
      else await route.continue();
    });
    await page.keyboard.press('r');
    await page.getByText('At most 1,000 × 1,000 pixels').waitFor();
    await drag([120, 120], [200, 180]);
    await page.getByText('Enhanced by Model sharp').waitFor();
    await expect.poll(completeness).toMatch(/false/);
    // Elsewhere.
    await page.keyboard.press('8');
    await drag([600, 500], [200, 150]);
    await expect.poll(completeness).toBe('true true');
    await page.keyboard.press('0');
    await expect.poll(completeness).toMatch(/false/);
    // It goes while it is waited for, and all of the rest is there already.
    await page.keyboard.press('1');
    await page.keyboard.press('Escape');
    await settled(page);
    holding = false;
    for (const route of held) await route.continue();
    // A preview that comes is looked at as closely as the photo was.
    for (const key of ['2', 'r']) await page.keyboard.press(key);
    await page.getByText('At most 1,000 × 1,000 pixels').waitFor();
    await drag([120, 120], [400, 300]);
    await page.getByText('Enhanced by Model sharp').waitFor();
    expect(await scale()).toBe('200%');
  });

  it('makes a rectangle smaller that is too large, and says so', async () => {
    await page.keyboard.press(']');
    await page.keyboard.press(']');
    await page.getByText('Not enhanced yet').waitFor();
    await page.keyboard.press('r');
    await page.getByText('At most 1,000 × 1,000 pixels').waitFor();
    await drag([230, 110], [860, 660]);
    await page.getByText('it was made smaller').waitFor();
    const [, region] = called('photos.preview').at(-1) ?? [];
    expect((region as Region).width * (region as Region).height).toBeLessThanOrEqual(1_000_000);
  });

  it('tries several ways on one part and takes one over', async () => {
    await page.keyboard.press('g');
    for (const name of ['Model sharp · 0%', 'Model sharp · 50%', 'Model sharp · 100%', 'Model soft']) {
      await page.getByRole('region', { name }).locator('.pane').waitFor();
    }
    await settled(page);
    await page.getByRole('region', { name: 'Model soft' }).getByRole('button', { name: 'Use as reference' }).click();
    await page.getByRole('region', { name: 'Model sharp · 100%' }).getByRole('button', { name: 'Use this setting' }).click();
    await page.locator('.viewport').waitFor();
    await expect.poll(() => compared.settings.options).toMatchObject({ model: 'sharp', strength: 1 });
  });

  it('tells what is wrong when a photo is gone, once', async () => {
    await page.keyboard.press(']');
    await page.getByRole('heading', { name: 'photo-1.png' }).waitFor();
    compared.lose(6);
    await page.keyboard.press(']');
    await page.getByRole('heading', { name: 'photo-2.png' }).waitFor();
    await settled(page);
    const asked = (): number => called('photos.pyramid').filter(([id]) => id === 6).length;
    const before = asked();
    await page.keyboard.press(']');
    await page.getByText('The photo is no longer there.').waitFor();
    // Whatever it asked for once more would have been asked for before another photo is settled.
    await page.keyboard.press('[');
    await page.getByRole('heading', { name: 'photo-2.png' }).waitFor();
    await settled(page);
    expect(asked()).toBe(before + 1);
  });

  it('tells whether it helped, in numbers and as a map over the result', async () => {
    await page.keyboard.press('e');
    const panel = page.getByRole('region', { name: 'Did it help?' });
    await panel.getByText('31.50 dB').waitFor();
    expect(called('evaluation.measure')).toEqual([[0, 1, null]]);
    expect(await panel.getByText('its data is not downloaded yet').count()).toBe(2);
    await panel.getByRole('button', { name: 'Download NIQE data' }).click();
    await panel.getByText('4.250').waitFor();
    expect(await panel.locator('dt').allTextContents()).toEqual(['Agreement with the photo', 'NIQE, before', 'NIQE, after']);
    await panel.getByRole('button', { name: 'Measure against a reference' }).click();
    await panel.getByText('27.123 dB').waitFor();
    await panel.getByText('Reference: reference.png').waitFor();
    expect(called('evaluation.measure').at(-1)).toEqual([0, 1, '/somewhere/reference.png']);

    await page.locator('.viewport').focus();
    let arrive = (): void => undefined;
    await page.route('**/drift/**', (route) => (arrive = () => void route.continue()));
    for (const key of ['1', 'd']) await page.keyboard.press(key);
    const comparing = page.getByRole('progressbar', { name: 'Comparing with the photo …' });
    await comparing.waitFor();
    arrive();
    await page.getByRole('img', { name: 'Drift map of photo-0.png' }).waitFor();
    await comparing.waitFor({ state: 'detached' });
    expect(await panel.getByRole('switch', { name: 'Drift map over the result' }).isChecked()).toBe(true);
    await panel.getByText('≥ 32').waitFor();
    await shows(700, driftShown);
    await shows(300, before);
    await page.keyboard.press('Escape');
    await shows(700, after);
    expect(await panel.count()).toBe(0);
    // What was measured is still known.
    const asked = called('evaluation.measure').length;
    await page.keyboard.press('e');
    await panel.getByText('27.123 dB').waitFor();
    expect(called('evaluation.measure')).toHaveLength(asked);
    // The next photo is measured by itself, one without a result is not.
    await page.keyboard.press(']');
    await expect.poll(() => called('evaluation.measure').at(-1)).toEqual([2, 3, null]);
    await page.keyboard.press(']');
    await panel.getByText('enhance the photo first').waitFor();
    expect(called('evaluation.measure')).toHaveLength(asked + 1);
  });

  it('has nothing that axe finds, in any of its states', async () => {
    for (const mode of ['wipe', 'side by side', 'flip', 'difference']) {
      await settled(page);
      expect(await findingsOf(page), mode).toEqual([]);
      await page.keyboard.press('m');
    }
    await page.keyboard.press('e');
    await page.getByRole('region', { name: 'Did it help?' }).getByText('31.50 dB').waitFor();
    await page.keyboard.press('d');
    expect(await findingsOf(page)).toEqual([]);
    await page.keyboard.press('Escape');
    await page.keyboard.press('r');
    expect(await findingsOf(page)).toEqual([]);
    await page.keyboard.press('?');
    expect(await findingsOf(page)).toEqual([]);
    await page.getByRole('button', { name: 'Close' }).last().click();
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
    await page.keyboard.press('g');
    await page.getByRole('region', { name: 'Model soft' }).locator('.pane').waitFor({ timeout: 40_000 });
    expect(await findingsOf(page)).toEqual([]);
  });
});
