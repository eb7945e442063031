/**
 * `npm run screenshots`: pictures of every page and dialog of the interface in every language, in windows of three sizes, light and dark, over the
 * application that is played for tests; they lie in reports/screenshots. Tells what is cut off, covered or outside of the window, and
 * fails if anything is. `-- --photos <folder>` shows the photos of a folder instead of drawn ones; `--language` and `--width` take fewer.
 * `-- readme` takes those of the README, `-- examples` makes those of what models do.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright-core';
import { buildIfStale, root } from './prepare.mjs';
import { scenes } from './screenshot-views.mjs';
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

/** @param {import('playwright-core').Browser} browser @param {string} language @param {'light' | 'dark'} theme @returns {Promise<number>} how many complaints there are, each told at once */
async function look(browser, language, theme) {
  let complaints = 0;
  for (const viewport of sizes) {
    for (const { played, hasFleet, views } of scenes) {
      const welcomed = played.photos > 0;
      const settings = { language, theme, welcomed, fleet: hasFleet ? fleetWay : null };
      const door = await openScriptedDoor({ ...played, folder: values.photos ?? null, settings });
      const page = await browser.newPage({ viewport });
      // A busy computer draws the largest window slowly.
      page.setDefaultTimeout(120_000);
      await page.goto(door.address);
      for (const [name, reach] of views) {
        await reach(page);
        await page.waitForTimeout(400);
        const where = `${name}-${viewport.width}-${language}-${theme}`;
        await page.screenshot({ path: join(folder, `${where}.png`) });
        /** @type {string[]} */
        const found = await page.evaluate(layoutTroubles);
        for (const complaint of found) console.log(`${where}: ${complaint}`);
        complaints += found.length;
      }
      await page.close();
      await door.close();
    }
  }
  return complaints;
}

buildIfStale();
if (positionals.includes('readme')) {
  await import('./readme-pictures.mjs');
  process.exit();
}
if (positionals.includes('examples')) {
  await import('./example-pictures.mjs');
  process.exit();
}
mkdirSync(folder, { recursive: true });
const browser = await chromium.launch({
  executablePath: installedChromium() ?? chromium.executablePath(),
  args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
});
let complaints = 0;
for (const [index, language] of languages.entries()) complaints += await look(browser, language, index % 2 === 0 ? 'dark' : 'light');
await browser.close();
console.log(
  `${languages.length * sizes.length * scenes.flatMap(({ views }) => views).length} pictures in ${folder}; ${complaints} complaints`,
);
process.exit(complaints === 0 ? 0 : 1);
