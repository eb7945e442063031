/* global document -- in the page */
/**
 * `npm run bench -- times [COMMIT]`: what a person waits for in the interface, over a folder of 772 photos, here and in another commit
 * (its predecessor where none is named), turn by turn in one run. Prints both and their ratio; nothing is asserted.
 */
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { launchBrowser, linkedLibrary, openDoor } from './door.mjs';
import { median } from './processes.ts';

const quick = process.argv.includes('quick');
const rounds = quick ? 2 : 5;
const photos = quick ? 60 : 772;
const here = join(import.meta.dirname, '..', '..');
const commit = process.argv.slice(process.argv.indexOf('times') + 1).find((word) => word !== 'quick') ?? 'HEAD~1';
const folder = await mkdtemp(join(tmpdir(), 'onestep-times-'));

/** The programs of another commit, with the packages that are installed here. */
async function buildCommit(name) {
  const tree = join(folder, 'tree');
  execFileSync('git', ['worktree', 'add', '--detach', '--quiet', tree, name], { cwd: here });
  await symlink(join(here, 'node_modules'), join(tree, 'node_modules'));
  execFileSync(process.execPath, [join('node_modules', 'vite', 'bin', 'vite.js'), 'build', '--app', '--logLevel', 'error'], { cwd: tree });
  return tree;
}

/** Runs in the page. */
const firstThumbnail = () => [...document.querySelectorAll('[role=option] img')].some((image) => image.naturalWidth > 0);

/** Seconds of everything that is waited for, by name. */
async function measure(browser, root, library) {
  const own = await mkdtemp(join(folder, 'state-'));
  const times = {};
  let began = performance.now();
  const lap = (name) => {
    times[name] = (performance.now() - began) / 1000;
    began = performance.now();
  };
  const door = await openDoor(own, library, root);
  lap('start to address');
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  try {
    await page.goto(door.address);
    await page.locator('nav .entry').first().waitFor();
    lap('page to text');
    const skip = page.getByRole('button', { name: 'Look around first' });
    if (await skip.isVisible()) await skip.click();
    began = performance.now();
    await page.waitForFunction(firstThumbnail, null, { timeout: 60_000 });
    lap(`folder of ${photos} to first thumbnail`);
    await page.locator('[role=option]').first().click();
    await page.getByText(/^1 of /).waitFor();
    await page.locator('nav .entry').nth(1).waitFor();
    for (const [first, words] of [
      [true, ''],
      [false, ', warm'],
    ]) {
      if (!first) await page.locator('[role=option]').nth(1).click();
      began = performance.now();
      await page.locator('aside footer button').last().click();
      await page.locator('[role=progressbar]').first().waitFor();
      lap(`Enhance to progress${words}`);
      await page.locator('nav .entry').nth(1).click();
      await page
        .locator('clipPath rect, li[data-state=done]')
        .nth(first ? 0 : 1)
        .waitFor({ state: 'attached', timeout: 60_000 });
      times[`Enhance to first tile${words}`] = (performance.now() - began) / 1000 + times[`Enhance to progress${words}`];
      await page
        .locator('li[data-state=done]')
        .nth(first ? 0 : 1)
        .waitFor({ timeout: 60_000 });
      await page.locator('nav .entry').first().click();
      await page.locator('[role=option]').first().waitFor();
    }
    began = performance.now();
    await page.locator('[role=option]').first().dblclick();
    await page.locator('[data-complete=true]').first().waitFor({ timeout: 60_000 });
    lap('photo to comparison');
  } finally {
    await page.close();
    await door.close();
  }
  return times;
}

const browser = await launchBrowser();
try {
  const library = await linkedLibrary(folder, photos);
  const trees = { here, [commit]: await buildCommit(commit) };
  // Once for nothing: what is read from the disk for the first time is no one's fault.
  for (const root of Object.values(trees)) await measure(browser, root, library);
  const found = { here: [], [commit]: [] };
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, root] of Object.entries(trees)) found[name].push(await measure(browser, root, library));
  }
  console.log(
    `${'seconds, the median of'} ${rounds}${' '.repeat(16)}${'here'.padStart(10)}${commit.slice(0, 10).padStart(12)}${'ratio'.padStart(8)}`,
  );
  for (const name of Object.keys(found.here[0])) {
    const [now, then] = [found.here, found[commit]].map((runs) => median(runs.map((times) => times[name])));
    console.log(`${name.padEnd(40)}${now.toFixed(2).padStart(10)}${then.toFixed(2).padStart(12)}${(now / then).toFixed(2).padStart(8)}`);
  }
} finally {
  await browser.close();
  execFileSync('git', ['worktree', 'remove', '--force', join(folder, 'tree')], { cwd: here, stdio: 'ignore' });
  await rm(folder, { recursive: true, force: true });
}
