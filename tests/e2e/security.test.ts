import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { describe, expect, it, vi } from 'vitest';
import { doors } from '../support/doors.ts';
import { dropFiles } from '../support/page-actions.ts';
import { isLocal, socketsOf } from '../support/sockets.ts';
import { needs } from '../support/needs.ts';

const plain = (path: string, background: string): Promise<unknown> =>
  sharp({ create: { width: 64, height: 48, channels: 3, background } })
    .withExif({
      IFD0: { ImageDescription: '<script>document.title = "owned"</script>', Artist: '<img src=x onerror=document.title="owned">' },
    })
    .jpeg()
    .toFile(path);

/** What the page gets for the photos that have these numbers: the status, and the middle pixel where there is a picture. */
async function fetchPhotos(page: Page, numbers: readonly number[]): Promise<{ readonly status: number; readonly red: number | null }[]> {
  const answers = await page.evaluate(async (ids) => {
    const fetchOne = async (id: number): Promise<{ status: number; bytes: number[] }> => {
      const answer = await fetch(`/photo/${id}/thumbnail/256?v=${Math.random()}`);
      return { status: answer.status, bytes: [...new Uint8Array(await answer.arrayBuffer())] };
    };
    return Promise.all(ids.map(fetchOne));
  }, numbers);
  return Promise.all(
    answers.map(async ({ status, bytes }) => {
      if (status !== 200) return { status, red: null };
      const { channels } = await sharp(Buffer.from(bytes)).stats();
      return { status, red: Math.round(channels[0]?.mean ?? 0) };
    }),
  );
}

const numbers = [0, 1, 2, 3, 4, 5, 6, 7];

describe.each(doors)('$name', ({ name: doorName, open, needs: all }) => {
  // Windows allows neither such names nor links without a privilege.
  it('shows file names as text, and pixels of opened folders only', needs(...all, 'notWindows'), async () => {
    const { page, folder, complaints } = await open();
    const [opened, hidden] = [join(folder, 'Pictures', 'opened'), join(folder, 'private')];
    await mkdir(opened, { recursive: true });
    await mkdir(hidden);
    const nasty = '<img src=x onerror=document.title=`owned`>.jpg';
    await plain(join(opened, nasty), '#00ff00');
    await plain(join(hidden, 'private.jpg'), '#ff0000');
    await symlink(join(hidden, 'private.jpg'), join(opened, 'link.jpg'));
    await symlink(hidden, join(opened, 'linked folder'));

    await dropFiles(page, [join(opened, nasty)]);
    await page.getByRole('option', { name: nasty }).waitFor();
    await dropFiles(page, [opened]);
    await vi.waitUntil(async () => (await fetchPhotos(page, [0]))[0]?.status === 200, { timeout: 10_000 });
    await page.getByRole('option', { name: nasty }).click();
    expect(await page.title()).toBe('Onestep');
    expect(await page.locator('main img[src="x"]').count()).toBe(0);

    const answers = await fetchPhotos(page, numbers);
    expect(answers.filter(({ status }) => status === 200).length).toBeGreaterThan(0);
    expect(answers.filter(({ red }) => red !== null && red > 200)).toEqual([]);

    // Each goes with the place that it closes.
    const closing = page.getByRole('button', { name: /^Close / });
    for (let left = await closing.count(); left > 0; left -= 1) {
      await closing.first().click();
      await vi.waitUntil(async () => (await closing.count()) < left, { timeout: 10_000 });
    }
    await vi.waitUntil(async () => (await fetchPhotos(page, numbers)).every(({ status }) => status === 403 || status === 404), {
      timeout: 10_000,
    });
    expect(complaints.filter((complaint) => !/40[34]|422/.test(complaint))).toEqual([]);
  });

  it('has no connection beyond this computer while it works', needs(...all, 'linux'), async () => {
    const { page, folder, processId } = await open();
    const asked = new Set<string>();
    page.on('request', (request) => asked.add(new URL(request.url()).host));
    const photos = join(folder, 'Pictures', 'few');
    await mkdir(photos, { recursive: true });
    for (const name of ['a.jpg', 'b.jpg']) await plain(join(photos, name), '#336699');
    const foreign = new Set<string>();
    const watching = setInterval(() => {
      void socketsOf(processId).then((sockets) => {
        for (const socket of sockets) if (!isLocal(socket)) foreign.add(JSON.stringify(socket));
      });
    }, 200);
    try {
      await dropFiles(page, [photos]);
      await page.getByRole('button', { name: 'Enhance 2 photos' }).click();
      await page.getByRole('navigation', { name: 'Pages' }).getByRole('button', { name: 'Queue' }).click();
      await page.getByRole('heading', { name: 'Finished' }).waitFor({ timeout: 60_000 });
      await page.getByRole('button', { name: 'About' }).click();
    } finally {
      clearInterval(watching);
    }
    expect([...foreign]).toEqual([]);
    const own = doorName === 'the browser door' ? /^127\.0\.0\.1:\d+$/ : /^onestep/;
    expect([...asked].filter((host) => host !== '' && !own.test(host))).toEqual([]);
  });
});

describe('the watch over connections', () => {
  it('sees those of the process that it watches', needs('linux'), async () => {
    const { createServer } = await import('node:net');
    const server = createServer().listen(0, '0.0.0.0');
    await new Promise((resolve) => server.once('listening', resolve));
    const sockets = await socketsOf(process.pid);
    server.close();
    expect(sockets.filter((socket) => !isLocal(socket)).length).toBeGreaterThan(0);
  });
});
