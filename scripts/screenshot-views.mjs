/** @typedef {import('playwright-core').Page} Page */
/** @typedef {[name: string, reach: (page: Page) => Promise<unknown>]} View what is looked at, from where the one before has left the page */

/** @param {Page} page */
const closing = (page) => page.keyboard.press('Escape');

/** @param {Page} page @param {string} place */
async function go(page, place) {
  await page.evaluate(`location.hash = '#/${place}'`);
  await page.locator('h1').first().waitFor();
}

/** @param {Page} page */
async function enhanceAll(page) {
  await page.locator('aside footer button').last().click();
  await go(page, 'queue');
}

/** @param {Page} page @param {string} place @param {string} [selector] of what is waited for */
async function closeAndGo(page, place, selector = 'h1') {
  await closing(page);
  await go(page, place);
  await page.locator(selector).first().waitFor();
}

/** @param {Page} page */
async function enhanceWithFaces(page) {
  await page.locator('[role=option]').nth(1).click();
  await page.locator('aside [role=switch]').first().click();
  await page.locator('aside footer button').last().click();
  await go(page, 'queue');
  await page.locator('li[data-state=running]').waitFor();
}

/** @param {Page} page */
async function lookAtFaces(page) {
  await page.locator('li[data-state=running]').waitFor({ state: 'detached' });
  await go(page, 'compare/1/DSC_1001.jpg');
  // The tool is there when the faces are known.
  await page.locator('.tools .bare').nth(5).waitFor({ state: 'attached' });
  await page.locator('[data-complete=true]').first().waitFor();
  await page.keyboard.press('f');
  await page.locator('.faces button').first().click();
}

/** While photos are being enhanced, and with a fleet. @type {View[]} */
const atWork = [
  ['library', (page) => page.locator('[role=option]').nth(3).click()],
  ['sample', (page) => page.getByRole('slider').last().waitFor()],
  ['print', (page) => page.locator('aside select').first().selectOption('print')],
  ['library-advanced', (page) => page.locator('aside details summary').click()],
  ['chooser', (page) => page.locator('.open .entry').first().click()],
  ['queue', (page) => closing(page).then(() => enhanceAll(page).then(() => page.locator('li[data-state=running]').waitFor()))],
  ['compare', (page) => go(page, 'compare/3/DSC_1003.jpg').then(() => page.locator('[data-complete=true]').first().waitFor())],
  ['variants', (page) => page.keyboard.press('g').then(() => page.locator('.cells [data-complete=true]').nth(5).waitFor())],
  ['models', (page) => go(page, 'models')],
  ['settings', (page) => go(page, 'settings')],
  ['help', (page) => go(page, 'help/index')],
  ['help-fleet', (page) => go(page, 'help/fleet')],
  ['about', (page) => go(page, 'about')],
  ['shortcuts', (page) => page.keyboard.press('?')],
  ['fleet', (page) => closeAndGo(page, 'fleet', 'tr[data-machine]')],
  ['fleet-connect', (page) => go(page, 'settings').then(() => page.locator('.controls button').nth(1).click())],
  ['fleet-enhance', (page) => closeAndGo(page, 'library')],
];

/** When photos are done. @type {View[]} */
const done = [
  ['selected', (page) => page.locator('[role=listbox]').press('Control+a')],
  ['photo-menu', (page) => page.locator('[role=option]').nth(1).click({ button: 'right' })],
  ['enhance-with', (page) => page.getByRole('menuitem').nth(1).click()],
  ['filters', (page) => closing(page).then(() => page.locator('header .trigger').click())],
  ['presets', (page) => closing(page).then(() => page.locator('aside .presets').click())],
  ['preset-save', (page) => page.getByRole('menuitem').nth(4).click()],
  ['queue-over', (page) => closing(page).then(() => enhanceAll(page).then(() => page.locator('li[data-state=done]').nth(4).waitFor()))],
  ['job-details', (page) => page.locator('li[data-state=failed] .actions button').nth(-2).click()],
  ['compare-wipe', (page) => closeAndGo(page, 'compare/0/DSC_1000.jpg', '[data-complete=true]')],
  ['improvement', (page) => page.keyboard.press('e').then(() => page.locator('[role=status] dl').waitFor())],
  ['batch', (page) => page.locator('.batch button').click()],
  ['batch-measured', (page) => page.locator('dialog[open] footer button').last().click()],
  ['compare-side', (page) => closing(page).then(() => page.keyboard.press('e').then(() => page.keyboard.press('m')))],
  ['compare-difference', (page) => page.keyboard.press('m').then(() => page.keyboard.press('m'))],
  ['queue-faces', (page) => go(page, 'library').then(() => enhanceWithFaces(page))],
  ['compare-faces', (page) => lookAtFaces(page)],
  ['models-unfolded', (page) => go(page, 'models').then(() => page.locator('main details summary').first().click())],
  ['import-stable', (page) => page.locator('main header button').nth(1).click()],
];

/** Where there is nothing yet. @type {View[]} */
const atFirst = [
  ['welcome', (page) => page.locator('h1').first().waitFor()],
  ['library-empty', (page) => page.locator('main button').last().click()],
  ['queue-empty', (page) => go(page, 'queue')],
];

/** What the application is played with, and what is looked at then. */
export const scenes = [
  { played: { photos: 40, secondsPerPhoto: 20 }, hasFleet: true, views: atWork },
  { played: { photos: 7, secondsPerPhoto: 0.24 }, hasFleet: false, views: done },
  { played: { photos: 0, secondsPerPhoto: 1 }, hasFleet: false, views: atFirst },
];
