/**
 * `npm run screenshots`: pictures of every page of the interface in every language, in windows of three sizes, light and dark, over the
 * application that is played for tests; they lie in reports/screenshots. Tells what is cut off, covered or outside of the window, and
 * fails if anything is. `-- --photos <folder>` shows the photos of a folder instead of drawn ones; `--language` and `--width` take fewer. `-- readme` takes those of the README.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright-core';
import { buildIfStale, root } from './prepare.mjs';
import { installedChromium } from './system-packages.mjs';

/** @typedef {{ address: string, close: () => Promise<void> }} Door */
/** @param {string} name of a file that tests share @returns {Promise<any>} */
const shared = (name) => import(new URL(`../tests/support/${name}`, import.meta.url).href);
const { layoutTroubles } = /** @type {{ layoutTroubles: string }} */ (await shared('layout-check.mjs'));
const { fleetWay } = /** @type {{ fleetWay: object }} */ (await shared('scripted-door-fleet.mjs'));
const { openScriptedDoor } = /** @type {{ openScriptedDoor: (options: object) => Promise<Door> }} */ (await shared('scripted-door.mjs'));

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { photos: { type: 'string' }, language: { type: 'string', multiple: true }, width: { type: 'string' } },
});
const languages = values.language ?? ['en', 'de', 'zh'];
const sizes = [
  { width: 1024, height: 700 },
  { width: 1280, height: 800 },
  { width: 2560, height: 1440 },
].filter(({ width }) => values.width === undefined || Number(values.width) === width);
const folder = join(root, 'reports', 'screenshots');

/** @typedef {import('playwright-core').Page} Page */
/** What is looked at, by name, each from where the one before has left the page. @type {[string, (page: Page) => Promise<unknown>][]} */
const views = [
  ['library', (page) => page.locator('[role=option]').nth(3).click()],
  ['sample', (page) => page.getByRole('slider').last().waitFor()],
  ['print', (page) => page.locator('aside select').first().selectOption('print')],
  ['library-advanced', (page) => page.locator('aside details summary').click()],
  ['chooser', (page) => page.locator('.open .entry').first().click()],
  ['queue', (page) => closing(page).then(() => enhanceAll(page))],
  ['compare', (page) => go(page, 'compare/3/DSC_1003.jpg').then(() => page.locator('[data-complete=true]').first().waitFor())],
  ['variants', (page) => page.keyboard.press('g').then(() => page.locator('.cells [data-complete=true]').nth(5).waitFor())],
  ['models', (page) => go(page, 'models')],
  ['settings', (page) => go(page, 'settings')],
  ['help', (page) => go(page, 'help/index')],
  ['about', (page) => go(page, 'about')],
  ['shortcuts', (page) => page.keyboard.press('?')],
  [
    'fleet',
    (page) =>
      closing(page)
        .then(() => go(page, 'fleet'))
        .then(() => page.locator('tr[data-machine]').first().waitFor()),
  ],
  ['fleet-connect', (page) => go(page, 'settings').then(() => page.locator('.controls button').nth(1).click())],
  ['fleet-enhance', (page) => closing(page).then(() => go(page, 'library'))],
];

/** @param {Page} page */
const closing = (page) => page.keyboard.press('Escape');

/** @param {Page} page @param {string} place */
async function go(page, place) {
  await page.evaluate(`location.hash = '#/${place}'`);
  await page.locator('h1').first().waitFor();
}

/** @param {Page} page */
async function enhanceAll(page) {
  await page.locator('aside footer button').click();
  await go(page, 'queue');
  await page.locator('li[data-state=running]').waitFor();
}

/** @param {import('playwright-core').Browser} browser @param {string} language @param {'light' | 'dark'} theme @returns {Promise<string[]>} */
async function look(browser, language, theme) {
  const complaints = [];
  for (const viewport of sizes) {
    const door = await openScriptedDoor({
      photos: 40,
      folder: values.photos ?? null,
      secondsPerPhoto: 20,
      settings: { language, theme, welcomed: true, fleet: fleetWay },
    });
    const page = await browser.newPage({ viewport });
    await page.goto(door.address);
    for (const [name, reach] of views) {
      await reach(page);
      await page.waitForTimeout(400);
      const where = `${name}-${viewport.width}-${language}-${theme}`;
      await page.screenshot({ path: join(folder, `${where}.png`) });
      /** @type {string[]} */
      const found = await page.evaluate(layoutTroubles);
      complaints.push(...found.map((complaint) => `${where}: ${complaint}`));
    }
    await page.close();
    await door.close();
  }
  return complaints;
}

buildIfStale();
if (positionals.includes('readme')) {
  await import('./readme-pictures.mjs');
  process.exit();
}
mkdirSync(folder, { recursive: true });
const browser = await chromium.launch({
  executablePath: installedChromium() ?? chromium.executablePath(),
  args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
});
const complaints = [];
for (const [index, language] of languages.entries())
  complaints.push(...(await look(browser, language, index % 2 === 0 ? 'dark' : 'light')));
await browser.close();
for (const complaint of complaints) console.log(complaint);
console.log(`${languages.length * sizes.length * views.length} pictures in ${folder}; ${complaints.length} complaints`);
process.exit(complaints.length === 0 ? 0 : 1);
