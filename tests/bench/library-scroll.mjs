/* global document, requestAnimationFrame, window -- in the page */
/**
 * `npm run bench -- library-scroll`: a library of 50,000 photos in a real Chromium: how soon the first screen is there, whether rows
 * are blank while it is scrolled, what the page holds on to. Prints a table; nothing is asserted.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { launchBrowser, linkedLibrary, openDoor, screenIsFull } from './door.mjs';
import { median } from './processes.ts';

const count = Number(process.env.ONESTEP_BENCH_PHOTOS ?? (process.argv.includes('quick') ? 2000 : 50_000));
/** So many rows are looked at slowly first, then scrolled through again with their thumbnails at hand. */
const warmRows = 150;
const row = (what, measured, wanted) => console.log(`${what.padEnd(64)} ${measured.padStart(12)}   ${wanted}`);

/** Runs in the page: notes for every cell how long it was in view without its picture, in milliseconds, until `window.stopWatching`. */
const watchCells = () => {
  const grid = document.querySelector('[role=listbox]');
  const blank = new Map();
  const since = new Map();
  let watching = true;
  const look = (now) => {
    const { top, bottom } = grid.getBoundingClientRect();
    for (const cell of grid.querySelectorAll('[role=option]')) {
      const box = cell.getBoundingClientRect();
      if (box.bottom <= top || box.top >= bottom) continue;
      const id = cell.dataset.photo;
      if (!since.has(id)) since.set(id, now);
      if ((cell.querySelector('img')?.naturalWidth ?? 0) === 0) blank.set(id, now - since.get(id));
      else if (!blank.has(id)) blank.set(id, 0);
    }
    if (watching) requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
  window.stopWatching = () => {
    watching = false;
    return [...blank.values()];
  };
};

async function scroll(page, pixels, stepPixels, pauseMs) {
  for (let done = 0; done < pixels; done += stepPixels) {
    await page.mouse.wheel(0, stepPixels);
    await page.waitForTimeout(pauseMs);
  }
}

async function heapMegabytes(page) {
  const session = await page.context().newCDPSession(page);
  await session.send('HeapProfiler.collectGarbage');
  const { usedSize } = await session.send('Runtime.getHeapUsage');
  return usedSize / 1e6;
}

const folder = await mkdtemp(join(tmpdir(), 'onestep-scroll-'));
const door = await openDoor(folder, await linkedLibrary(folder, count));
const browser = await launchBrowser();
try {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  const opened = performance.now();
  await page.goto(door.address);
  await page.waitForFunction(screenIsFull, null, { timeout: 120_000 });
  row('first start, page opened to first screen of pictures, s', ((performance.now() - opened) / 1000).toFixed(2), '');
  await page.getByText(`${count.toLocaleString('en')} photos`, { exact: true }).waitFor({ timeout: 300_000 });
  row('… to the whole library being found, s', ((performance.now() - opened) / 1000).toFixed(1), '');

  const starts = [];
  for (let round = 0; round < 5; round += 1) {
    await page.reload();
    await page.waitForFunction(screenIsFull, null, { timeout: 60_000 });
    starts.push(await page.evaluate(() => performance.now() / 1000));
  }
  row('page opened to first screen of pictures, s', median(starts).toFixed(2), '≤ 2');

  await page.mouse.move(600, 400);
  const rowHeight = 290;
  await scroll(page, warmRows * rowHeight, rowHeight, 250);
  await page.waitForFunction(screenIsFull, null, { timeout: 120_000 });
  for (const [name, stepPixels] of [
    ['two rows', 2 * rowHeight],
    ['six rows', 6 * rowHeight],
  ]) {
    await page.locator('[role=listbox]').evaluate((grid) => grid.scrollTo(0, 0));
    await page.waitForTimeout(500);
    await page.evaluate(watchCells);
    await scroll(page, (warmRows - 6) * rowHeight, stepPixels / 10, 10);
    const blank = (await page.evaluate(() => window.stopWatching())).sort((a, b) => a - b);
    const [p95, longest] = [blank[Math.floor(blank.length * 0.95)] ?? 0, blank.at(-1) ?? 0];
    row(`${name} per 100 ms over ${blank.length} photos: blank p95 / longest, ms`, `${p95.toFixed(0)} / ${longest.toFixed(0)}`, '≤ 300');
  }

  const jumps = [];
  for (let round = 1; round <= 8; round += 1) {
    await page.locator('[role=listbox]').evaluate((grid, part) => grid.scrollTo(0, grid.scrollHeight * part), (round * 0.618) % 1);
    const jumped = performance.now();
    await page.waitForTimeout(50);
    await page.waitForFunction(screenIsFull, null, { timeout: 60_000 });
    jumps.push((performance.now() - jumped) / 1000);
  }
  row('jump to photos never seen before, to a full screen, s', median(jumps).toFixed(2), '');
  for (let part = 0; part <= 1; part += 0.02) {
    await page.locator('[role=listbox]').evaluate((grid, place) => grid.scrollTo(0, grid.scrollHeight * place), part);
    await page.waitForTimeout(60);
  }
  row('heap of the page after going through all of it, MB', (await heapMegabytes(page)).toFixed(0), '≤ 200');
} finally {
  await browser.close();
  await door.close();
  await rm(folder, { recursive: true });
}
