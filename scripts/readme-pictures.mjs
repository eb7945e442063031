/**
 * `npm run screenshots -- readme`: the pictures of the README, of the application itself at work in its browser door: library, queue,
 * before and after at 100 %, several models on one part, and a batch as a moving picture. Its photos are computed, so that they belong to nobody.
 */
import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { chromium } from 'playwright-core';
import sharp from 'sharp';
import { writeScenery } from '../tests/support/scenery.mjs';
import { buildIfStale, root } from './prepare.mjs';
import { installedChromium } from './system-packages.mjs';

const target = join(root, 'docs', 'screenshots');
const photos = 40;
const viewport = { width: 1280, height: 800 };
/** Of the moving picture: so many pictures, so far apart, and so wide. */
const film = { frames: 24, everyMs: 350, width: 800 };

/** @param {string} folder @param {string} library @returns {Promise<{ address: string, close: () => Promise<unknown> }>} */
async function openDoor(folder, library) {
  const places = { ONESTEP_CACHE: 'cache', ONESTEP_STATE: 'state', ONESTEP_SETTINGS: 'settings' };
  const env = {
    ...process.env,
    HOME: folder,
    ...Object.fromEntries(Object.entries(places).map(([name, place]) => [name, join(folder, place)])),
  };
  const child = spawn(process.execPath, [join(root, 'out', 'web.js'), '--no-open', library], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  /** @type {string} */
  const address = await new Promise((resolve) => {
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (/** @type {string} */ text) => {
      said += text;
      const [found] = /http:\S+/.exec(said) ?? [];
      if (found !== undefined) resolve(found);
    });
  });
  const close = () => {
    child.kill('SIGTERM');
    return new Promise((resolve) => child.once('exit', resolve));
  };
  return { address, close };
}

/** @param {import('playwright-core').Page} page @param {string} name */
async function keep(page, name) {
  await page.waitForTimeout(500);
  await sharp(await page.screenshot())
    .png({ palette: true, quality: 90, effort: 10 })
    .toFile(join(target, `${name}.png`));
}

/** Pictures of a batch while it runs. @param {import('playwright-core').Page} page */
async function keepBatch(page) {
  const frames = [];
  for (let frame = 0; frame < film.frames; frame += 1) {
    frames.push(
      await sharp(await page.screenshot())
        .resize(film.width)
        .png()
        .toBuffer(),
    );
    if (frame === Math.floor(film.frames / 3)) await keep(page, 'queue');
    await page.waitForTimeout(film.everyMs);
  }
  await sharp(frames, { join: { animated: true } })
    .webp({ quality: 60, effort: 6, delay: frames.map(() => film.everyMs), loop: 0 })
    .toFile(join(target, 'batch.webp'));
}

/** @param {import('playwright-core').Page} page */
async function look(page) {
  await page.getByText(`${photos} photos`, { exact: true }).waitFor();
  await page.locator('[role=option]').nth(4).click();
  await page.getByRole('slider', { name: 'Divider between before and after' }).waitFor({ timeout: 120_000 });
  await keep(page, 'library');
  await page.locator('[role=listbox]').press('Control+a');
  await page.getByRole('button', { name: `Enhance ${photos} photos` }).click();
  await page.locator('nav .entry').nth(1).click();
  await page.getByRole('region', { name: 'Being enhanced now' }).waitFor({ timeout: 120_000 });
  await keepBatch(page);
  await page.getByRole('heading', { name: 'Finished' }).waitFor({ timeout: 600_000 });
  await page.locator('li[data-state=done]').nth(4).getByRole('button', { name: 'Compare' }).click();
  await page.locator('[data-complete=true]').first().waitFor({ timeout: 60_000 });
  await page.getByRole('button', { name: '100%', exact: true }).click();
  await page.waitForTimeout(1000);
  await keep(page, 'compare');
  await page.getByRole('button', { name: '200%', exact: true }).click();
  await page.keyboard.press('g');
  await page.locator('.cells [data-complete=true]').nth(5).waitFor({ timeout: 300_000 });
  await keep(page, 'models');
}

buildIfStale();
mkdirSync(target, { recursive: true });
const folder = await mkdtemp(join(tmpdir(), 'onestep-readme-'));
const library = join(folder, 'Pictures', 'Mountains');
mkdirSync(library, { recursive: true });
for (let seed = 0; seed < photos; seed += 1) {
  const [width, height] = seed % 4 === 2 ? [420, 600] : [640, 427];
  await writeScenery(join(library, `IMG_${4200 + seed * 3}.jpg`), width, height, seed + 4);
}
const door = await openDoor(folder, library);
const browser = await chromium.launch({
  executablePath: installedChromium() ?? chromium.executablePath(),
  args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
});
try {
  const page = await browser.newPage({ viewport, colorScheme: 'dark', locale: 'en-GB' });
  await page.goto(door.address);
  await look(page);
} finally {
  await browser.close();
  await door.close();
  await rm(folder, { recursive: true, force: true });
}
