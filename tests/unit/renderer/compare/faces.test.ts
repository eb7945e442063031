// @vitest-environment node
import type { Browser, Locator, Page } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { PlacedFace } from '../../../../src/shared/faces.ts';
import { defaultOptions } from '../../../../src/shared/options.ts';
import { findingsOf } from '../../../support/accessibility.ts';
import { needs } from '../../../support/needs.ts';
import { openChromium, settled, visit } from './page/browser.ts';
import { openComparePage, type ComparePage } from './page/server.ts';

const plain = (width: number, height: number): Promise<Buffer> =>
  sharp({ create: { width, height, channels: 3, background: '#806040' } })
    .png()
    .toBuffer();

const each: readonly PlacedFace[] = [
  { x: 0.25, y: 0.5, side: 0.2, turn: 0, outcome: 'restored' },
  { x: 0.5, y: 0.2, side: 0.04, turn: 0, outcome: 'tooSmall' },
  { x: 0.75, y: 0.4, side: 0.2, turn: 12, outcome: 'left' },
];
const options = { ...defaultOptions, model: 'sharp', strength: 0.4, faces: true, leaveFaces: [{ x: 0.75, y: 0.4 }] };
const job = { id: 'made', options, report: { faces: { each } } };

describe('choosing faces', needs('chromium'), () => {
  let browser: Browser;
  let compared: ComparePage;
  let page: Page;

  beforeAll(async () => {
    browser = await openChromium();
    const [source, result] = [await plain(600, 400), await plain(2400, 1600)];
    compared = await openComparePage([
      { source, result, job },
      { source, result },
    ]);
  });
  afterAll(async () => {
    await browser.close();
    await compared.close();
  });
  beforeEach(async () => {
    page = await visit(browser, compared);
    await page.locator('.viewport').focus();
    // What is known of the result comes after its picture.
    await page.getByRole('button', { name: 'Choose faces' }).waitFor();
  });
  afterEach(() => page.close());

  const faces = (): Locator => page.getByRole('group', { name: 'Faces' }).getByRole('button');
  const names = (): Promise<(string | null)[]> => faces().evaluateAll((all) => all.map((one) => one.getAttribute('aria-label')));
  const again = (): Locator => page.getByRole('button', { name: 'Enhance again' });
  const enqueued = (): unknown => compared.calls.filter(({ name }) => name === 'queue.enqueue').at(-1)?.parameters;

  it('shows the square of each where it is, and only when it is asked for', async () => {
    expect(await faces().count()).toBe(0);
    await page.keyboard.press('f');
    expect(await names()).toEqual(['Face 1 of 3, restored', 'Face 2 of 3, too small to restore', 'Face 3 of 3, left alone']);
    const [viewport, first, third] = await Promise.all([
      page.locator('.viewport').boundingBox(),
      faces().nth(0).boundingBox(),
      faces().nth(2).boundingBox(),
    ]);
    if (viewport === null || first === null || third === null) throw new Error('A face is not to be seen.');
    const middle = ({ x, y, width, height }: typeof first) => ({ x: x + width / 2, y: y + height / 2 });
    // The photo is as wide as twice the way between them, and lies in the middle of the viewport.
    const width = 2 * (middle(third).x - middle(first).x);
    expect(middle(first)).toEqual({ x: expect.closeTo(middle(viewport).x - width / 4, 0), y: expect.closeTo(middle(viewport).y, 0) });
    expect(middle(viewport).y - middle(third).y).toBeCloseTo((0.1 * width * 2) / 3, 0);
    expect(first.width / width).toBeCloseTo(0.2, 2);
    // The third is turned: its box is larger.
    expect(third.width / width).toBeCloseTo(0.2 * (Math.cos(Math.PI / 15) + Math.sin(Math.PI / 15)), 2);
    expect(await findingsOf(page)).toEqual([]);
    await page.keyboard.press('Escape');
    expect(await faces().count()).toBe(0);
    await page.getByRole('heading', { name: 'photo-0.png' }).waitFor();
  });

  it('turns them by mouse and keys, and enhances the photo again as it was but for them', async () => {
    await page.getByRole('button', { name: 'Choose faces' }).click();
    expect(await again().isDisabled()).toBe(true);
    await faces().nth(0).focus();
    await page.keyboard.press('Enter');
    await faces().nth(1).click({ force: true });
    await faces().nth(2).click();
    expect(await names()).toEqual([
      'Face 1 of 3, will be left alone',
      'Face 2 of 3, too small to restore',
      'Face 3 of 3, will be restored',
    ]);
    await again().click();
    await page.getByText('photo-0.png will be enhanced.').waitFor();
    expect(enqueued()).toEqual([[0], { ...options, leaveFaces: [{ x: 0.25, y: 0.5 }] }]);
    await faces().nth(0).click();
    await again().click();
    await expect.poll(enqueued).toEqual([[0], { ...options, leaveFaces: null }]);
    await faces().nth(2).click();
    expect(await again().isDisabled()).toBe(true);
  });

  it('lies over the result where both are beside each other, and brings a face into view that the keyboard comes to', async () => {
    for (const key of ['m', 'f', '8']) await page.keyboard.press(key);
    await settled(page);
    await faces().nth(0).focus();
    const [pane, face] = await Promise.all([page.locator('.side.after').boundingBox(), faces().nth(0).boundingBox()]);
    if (pane === null || face === null) throw new Error('The face is not to be seen.');
    expect(face.x + face.width / 2).toBeCloseTo(pane.x + pane.width / 2, -1);
    expect(face.y + face.height / 2).toBeCloseTo(pane.y + pane.height / 2, -1);
    for (const key of ['0', 'm', 'm', 'm']) await page.locator('.viewport').press(key);
  });

  it('is not there for a result of which nothing is known', async () => {
    await page.keyboard.press('f');
    await page.keyboard.press(']');
    await page.getByRole('heading', { name: 'photo-1.png' }).waitFor();
    // The photo before is on the screen until the pixels of this one are there.
    const shown = async (): Promise<number[]> => [await faces().count(), await page.getByRole('button', { name: 'Choose faces' }).count()];
    await expect.poll(shown).toEqual([0, 0]);
    await page.keyboard.press('Escape');
    await page.getByRole('heading', { name: 'Library' }).waitFor();
  });
});
