// @vitest-environment node
import type { Browser, Page } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openChromium, settled, visit } from './page/browser.ts';
import { openComparePage, type ComparePage } from './page/server.ts';
import { needs } from '../../../support/needs.ts';

const source = { width: 700, height: 500 };
const scale = 4;
/** Every pixel of it is looked at. */
const viewport = { width: 1100, height: 701 };
const large = { width: source.width * scale, height: source.height * scale };

/** Every pixel tells where it is. */
const patternAt = (x: number, y: number): readonly [number, number, number] => [
  x % 251,
  y % 241,
  20 * Math.floor(x / 251) + Math.floor(y / 241),
];

function pattern({ width, height }: typeof source): Promise<Buffer> {
  const pixels = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y += 1) for (let x = 0; x < width; x += 1) pixels.set(patternAt(x, y), 3 * (y * width + x));
  return sharp(pixels, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer();
}

interface Shown {
  readonly width: number;
  readonly height: number;
  /** Red, green, blue, alpha. */
  readonly pixels: Uint8Array;
}

/** What a pane's canvas holds once everything in view is there. */
async function readBack(page: Page, side: 'before' | 'after'): Promise<Shown> {
  await settled(page);
  const read = await page.locator(`.side.${side} canvas`).evaluate((canvas) => {
    if (!(canvas instanceof HTMLCanvasElement)) throw new Error('No canvas.');
    const data = canvas.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height).data ?? new Uint8ClampedArray();
    let binary = '';
    for (let start = 0; start < data.length; start += 32_768) binary += String.fromCharCode(...data.subarray(start, start + 32_768));
    return { width: canvas.width, height: canvas.height, base64: btoa(binary) };
  });
  return { width: read.width, height: read.height, pixels: Buffer.from(read.base64, 'base64') };
}

const at = ({ width, pixels }: Shown, x: number, y: number): number[] => [...pixels.subarray(4 * (y * width + x), 4 * (y * width + x) + 3)];

/** The pixel of the pattern that a pane shows in its corner. */
function cornerOf(shown: Shown, size: typeof source): { x: number; y: number } {
  const [red = 0, green = 0] = at(shown, 0, 0);
  for (let x = red; x < size.width; x += 251) {
    for (let y = green; y < size.height; y += 241) if (String(patternAt(x, y)) === String(at(shown, 0, 0))) return { x, y };
  }
  throw new Error('The corner shows nothing of the pattern.');
}

/** How many device pixels differ from the pattern enlarged `factor` times from `corner` on. */
function faults(shown: Shown, corner: { x: number; y: number }, factor: number, phase = { x: 0, y: 0 }): number {
  let count = 0;
  for (let y = 0; y < shown.height; y += 1) {
    for (let x = 0; x < shown.width; x += 1) {
      const [red, green, blue] = patternAt(corner.x + Math.floor((x + phase.x) / factor), corner.y + Math.floor((y + phase.y) / factor));
      const offset = 4 * (y * shown.width + x);
      const { pixels } = shown;
      if (pixels[offset] !== red || pixels[offset + 1] !== green || pixels[offset + 2] !== blue) count += 1;
    }
  }
  return count;
}

/** How far into the corner's pixel the pane begins, for pixels of `factor` device pixels. */
function phaseOf(shown: Shown, factor: number): { x: number; y: number } {
  const run = (step: (index: number) => number[]): number => {
    let length = 1;
    while (length < factor && String(step(length)) === String(step(0))) length += 1;
    return factor - length;
  };
  return { x: run((index) => at(shown, index, 0)), y: run((index) => at(shown, 0, index)) };
}

describe('pixels on the screen', needs('chromium'), () => {
  let browser: Browser;
  let compared: ComparePage;

  beforeAll(async () => {
    browser = await openChromium();
    compared = await openComparePage([{ source: await pattern(source), result: await pattern(large) }]);
  });
  afterAll(async () => {
    await browser.close();
    await compared.close();
  });

  for (const density of [1, 1.5, 2]) {
    it(`are exactly the result's at 100 %, 200 % and 800 %, ${density} device pixels per CSS pixel`, async () => {
      const page = await visit(browser, compared, { deviceScaleFactor: density, viewport });
      for (const factor of [1, 2, 8]) {
        await page.keyboard.press(String(factor));
        await page.keyboard.press('ArrowRight');
        await page.keyboard.press('ArrowDown');
        const shown = await readBack(page, 'after');
        const corner = cornerOf(shown, large);
        expect(faults(shown, corner, factor, phaseOf(shown, factor))).toBe(0);
      }
      await page.close();
    });
  }

  it('are exactly the original’s, as squares of four and eight, when squares are asked for', async () => {
    const page = await visit(browser, compared, { viewport });
    await page.keyboard.press('n');
    for (const [key, factor] of [['1', 4] as const, ['2', 8] as const]) {
      await page.keyboard.press(key);
      const shown = await readBack(page, 'before');
      expect(faults(shown, cornerOf(shown, source), factor, phaseOf(shown, factor))).toBe(0);
    }
    await page.close();
  });

  it('show the same spot side by side, wherever the photo is moved', async () => {
    const page = await visit(browser, compared, { viewport });
    await page.keyboard.press('n');
    await page.getByText('Side by side').click();
    await page.locator('.viewport').focus();
    await page.keyboard.press('1');
    for (const key of ['ArrowRight', 'ArrowDown', 'ArrowLeft', '2']) {
      await page.keyboard.press(key);
      const [before, after] = [await readBack(page, 'before'), await readBack(page, 'after')];
      expect([before.width, before.height]).toEqual([after.width, after.height]);
      const factor = key === '2' ? 2 : 1;
      const [small, big] = [cornerOf(before, source), cornerOf(after, large)];
      const [smallPhase, bigPhase] = [phaseOf(before, factor * scale), phaseOf(after, factor)];
      expect(small.x * scale * factor + smallPhase.x).toBe(big.x * factor + bigPhase.x);
      expect(small.y * scale * factor + smallPhase.y).toBe(big.y * factor + bigPhase.y);
    }
    await page.close();
  });
});
