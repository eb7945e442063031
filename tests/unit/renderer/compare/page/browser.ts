import { chromium, type Browser, type Page } from 'playwright-core';
import { chromiumWords, findChromium } from '../../../../support/chromium.ts';
import type { ComparePage } from './server.ts';

export const openChromium = (): Promise<Browser> => chromium.launch({ executablePath: findChromium() ?? '', args: [...chromiumWords] });

const twoFrames = (page: Page): Promise<unknown> =>
  page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));

/** Returns when all that is in view is there and drawn. */
export async function settled(page: Page): Promise<void> {
  // What was asked for last is under way with the next frame.
  await twoFrames(page);
  await page.waitForFunction(() => {
    const panes = [...document.querySelectorAll('.pane')];
    return panes.length > 0 && panes.every((pane) => pane.getAttribute('data-complete') === 'true');
  });
  await twoFrames(page);
}

/** The page with its first photo, without glides so that what is shown is final at once. */
export async function visit(
  browser: Browser,
  compared: ComparePage,
  screen: { deviceScaleFactor?: number; viewport?: { width: number; height: number } } = {},
): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: 1100, height: 737 }, ...screen, reducedMotion: 'reduce' });
  page.setDefaultTimeout(10_000);
  await page.goto(compared.url);
  await page.locator('.pane').first().waitFor();
  await settled(page);
  return page;
}
