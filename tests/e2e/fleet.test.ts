import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { doors, surroundings, type OpenDoor } from '../support/doors.ts';
import { emptied } from '../support/fleet.ts';
import { writeLandscape } from '../support/landscape.ts';
import { fleetSourcesIn } from '../support/loaded-sources.ts';
import { needs } from '../support/needs.ts';
import { dropFiles, goTo, keepScreenshot } from '../support/page-actions.ts';
import { builtProgram } from '../support/programs.ts';
import { startServer, type QueueServer } from '../support/queue-servers.ts';

const eventually = { timeout: 60_000, interval: 100 };
const row = (page: Page, name: string) => page.getByRole('row').filter({ has: page.getByText(name, { exact: true }) });
const dialog = (page: Page) => page.getByRole('dialog', { name: 'Connect to a fleet' });

/** Another computer of the fleet, which sees the same folder; ends with the test. */
function startWorker(folder: string, server: QueueServer): void {
  const words = ['worker', '--map', `nas=${join(folder, 'nas')}`, '--name', 'studio', '--provider', 'cpu'];
  const child = spawn(process.execPath, [builtProgram('cli.js'), ...words], {
    env: { ...surroundings(join(folder, 'studio')), ONESTEP_QUEUE: server.url },
    stdio: 'ignore',
  });
  onTestFinished(() => void child.kill('SIGKILL'));
}

/** In the door's own dialog, or in ours. */
async function chooseFolder({ page, electron, folder }: OpenDoor, name: string): Promise<void> {
  await electron?.evaluate(
    (modules, path) => {
      modules.dialog.showOpenDialog = () => Promise.resolve({ canceled: false, filePaths: [path] });
    },
    join(folder, name),
  );
  await page.getByRole('button', { name: 'Add a folder …' }).click();
  if (electron !== null) return;
  await page.getByRole('button', { name, exact: true }).click();
  await page.getByRole('button', { name: 'Use this folder' }).click();
}

async function connect(door: OpenDoor, server: QueueServer): Promise<void> {
  const { page } = door;
  await goTo(page, 'Settings');
  await page.getByText('Not connected').waitFor();
  await page.getByRole('button', { name: 'Fleet: Connect …' }).click();
  const address = page.getByLabel('Queue address');
  await address.fill('redis://127.0.0.1:1');
  await chooseFolder(door, 'nas');
  expect(await page.getByLabel(/^Name of .*nas for all computers$/).inputValue()).toBe('nas');
  await page.getByRole('button', { name: 'Connect', exact: true }).click();
  await dialog(page).getByRole('alert').getByText('The queue at 127.0.0.1:1 cannot be reached.').waitFor();
  await keepScreenshot(page, 'fleet connecting');
  await address.fill(server.url);
  await page.getByRole('button', { name: 'Connect', exact: true }).click();
  await dialog(page).waitFor({ state: 'detached' });
  await page.getByText(`Connected to ${server.url}`).waitFor();
}

/** The files that the processes have loaded that wrote down what they ran. */
async function filesIn(coverage: string): Promise<string[]> {
  const texts = await Promise.all((await readdir(coverage)).map((name) => readFile(join(coverage, name), 'utf8')));
  const urls = texts.flatMap((text) => (JSON.parse(text) as { result: { url: string }[] }).result.map(({ url }) => url));
  return [...new Set(urls)].flatMap((url) => (url.startsWith('file:') ? [fileURLToPath(url)] : []));
}

describe.each(doors)('a fleet in $name', ({ open, needs: all }) => {
  describe('works', needs('redis', ...all), () => {
    let server: QueueServer;
    beforeAll(async () => {
      server = await startServer('redis');
    });
    afterAll(() => server.stop());
    beforeEach(() => emptied(server));

    it('from the settings to the results, with a photo that fails, a pause and an outage', { timeout: 180_000 }, async () => {
      const door = await open();
      const { page, folder, complaints } = door;
      const inside = join(folder, 'nas', 'in');
      await mkdir(inside, { recursive: true });
      for (const [seed, name] of ['a.jpg', 'b.jpg', 'c.jpg'].entries()) await writeLandscape(join(inside, name), 48, 36, seed);
      await dropFiles(page, [inside]);
      await page.getByRole('button', { name: 'Enhance 3 photos' }).waitFor();
      await connect(door, server);
      await goTo(page, 'Library');
      await page.getByRole('radio', { name: 'Fleet' }).check({ force: true });
      await keepScreenshot(page, 'fleet library');
      await page.getByRole('button', { name: 'Enhance 3 photos' }).click();
      await page.getByText('3 photos are in the fleet’s queue.').waitFor();
      expect(await readdir(inside)).toEqual(['a.jpg', 'b.jpg', 'c.jpg']);

      await goTo(page, 'Fleet');
      await page.getByText('3 photos waiting', { exact: true }).waitFor();
      await page.getByText('No computer is working for the fleet yet.').waitFor();
      await page.getByRole('button', { name: 'Pause' }).click();
      await page.getByRole('heading', { name: 'The fleet is paused' }).waitFor();
      // It is not where it was when its turn comes.
      await rename(join(inside, 'c.jpg'), join(folder, 'c.jpg'));
      startWorker(folder, server);
      await page
        .getByText(/^studio-/)
        .first()
        .waitFor(eventually);
      await page.getByText('Waiting for photos').waitFor(eventually);
      await page.getByRole('button', { name: 'Resume' }).click();

      await row(page, 'nas:in/a.jpg').getByText('Done').waitFor(eventually);
      await row(page, 'nas:in/b.jpg').getByText('Done').waitFor(eventually);
      await row(page, 'nas:in/a.jpg')
        .getByText(/^studio-/)
        .waitFor();
      await row(page, 'nas:in/c.jpg').getByText('The file does not exist.').waitFor(eventually);
      await keepScreenshot(page, 'fleet failed');
      await rename(join(folder, 'c.jpg'), join(inside, 'c.jpg'));
      await page.getByRole('button', { name: 'Try nas:in/c.jpg again' }).click();
      await row(page, 'nas:in/c.jpg').getByText('Done').waitFor(eventually);
      await page.getByRole('heading', { name: 'The fleet’s queue is empty' }).waitFor();
      expect((await readdir(inside)).filter((name) => name.includes('_4x'))).toEqual(['a_4x.jpg', 'b_4x.jpg', 'c_4x.jpg']);

      await page.getByRole('button', { name: /^studio-.*Pause computer$/ }).click();
      await page.getByText('Paused', { exact: true }).waitFor(eventually);
      const later = join(folder, 'nas', 'later');
      await mkdir(later);
      for (const name of ['d.jpg', 'e.jpg']) await writeLandscape(join(later, name), 48, 36, 7);
      await goTo(page, 'Library');
      await dropFiles(page, [later]);
      await page.getByRole('button', { name: 'Enhance 2 photos' }).click();
      await page.getByText('2 photos are in the fleet’s queue.').waitFor();
      await goTo(page, 'Fleet');
      await page.getByRole('heading', { name: 'Waiting for a computer' }).waitFor();
      await page.getByRole('button', { name: 'Cancel all' }).click();
      await page.getByText('2 photos cancelled.').waitFor();
      expect(await readdir(later)).toEqual(['d.jpg', 'e.jpg']);
      await page.getByRole('button', { name: /^studio-.*Resume computer$/ }).click();

      await server.kill();
      await page.getByRole('heading', { name: 'The fleet cannot be reached' }).waitFor({ timeout: 12_000 });
      await keepScreenshot(page, 'fleet lost');
      await server.start();
      await page.getByRole('heading', { name: 'The fleet’s queue is empty' }).waitFor({ timeout: 20_000 });

      await goTo(page, 'Settings');
      await page.getByRole('button', { name: 'Disconnect' }).click();
      await page.getByText('Not connected').waitFor();
      expect(await page.getByRole('navigation', { name: 'Pages' }).getByRole('button', { name: 'Fleet' }).count()).toBe(0);
      expect(await readdir(join(folder, 'settings'))).not.toContain('fleet-password');
      expect(complaints).toEqual([]);
    });
  });

  it('is nothing that anybody without one sees or loads', { ...needs(...all), timeout: 60_000 }, async () => {
    const coverage = await mkdtemp(join(tmpdir(), 'onestep-loaded-'));
    onTestFinished(() => rm(coverage, { recursive: true, force: true }));
    const { page, folder, close } = await open({ env: { NODE_V8_COVERAGE: coverage } });
    const asked: string[] = [];
    page.on('request', (request) => asked.push(request.url()));
    await writeLandscape(join(folder, 'alone.jpg'), 48, 36, 1);
    await dropFiles(page, [join(folder, 'alone.jpg')]);
    await page.getByRole('button', { name: 'Enhance 1 photo' }).waitFor();
    expect(await page.getByText('Fleet', { exact: true }).allInnerTexts()).toEqual([]);
    await goTo(page, 'Queue');
    await goTo(page, 'Settings');
    expect(await page.getByText('Fleet', { exact: true }).count()).toBe(1);
    expect(asked.filter((url) => url.includes('Fleet'))).toEqual([]);
    await close();
    const loaded = await filesIn(coverage);
    expect(loaded.filter((file) => /out\/(web|main)\.js$/.test(file))).not.toEqual([]);
    expect(loaded.filter((file) => /node_modules\/(bullmq|ioredis|pg)\//.test(file))).toEqual([]);
    expect(await fleetSourcesIn(loaded.filter((file) => /\/out\/[^/]+\.js$/.test(file)))).toEqual([]);
  });
});
