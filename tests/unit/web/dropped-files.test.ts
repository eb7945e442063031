import { randomUUID } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { ask, openTestDoor, type Answer, type Own } from '../../support/browser-door.ts';

describe('dropped files', () => {
  const content = Buffer.from('the bytes of a photo');
  const drop = (port: number, path: string, headers: Record<string, string>): Promise<Answer> =>
    ask(port, path, { method: 'PUT', headers, body: content });

  it('are kept whole, with their folders and dates, in a fresh folder for every drop', async () => {
    const { port, own, droppedFolder } = await openTestDoor();
    const [batch, other] = [randomUUID(), randomUUID()];
    const first = await drop(port, `/dropped/${batch}/holiday/a%20b.jpg?modified=1700000000000`, own);
    const second = await drop(port, `/dropped/${batch}/c.png`, own);
    const third = await drop(port, `/dropped/${other}/c.png`, own);
    expect([first.status, second.status, third.status]).toEqual([201, 201, 201]);
    const [path, sibling, elsewhere] = [first, second, third].map(({ body }) => String(body)) as [string, string, string];
    expect(await readFile(path)).toEqual(content);
    expect((await stat(path)).mtimeMs).toBe(1_700_000_000_000);
    expect(join(sibling, '../holiday/a b.jpg')).toBe(path);
    expect(await readdir(droppedFolder)).toHaveLength(2);
    expect(elsewhere.startsWith(droppedFolder)).toBe(true);
  });

  it('are never replaced', async () => {
    const { port, own } = await openTestDoor();
    const path = `/dropped/${randomUUID()}/a.jpg`;
    expect((await drop(port, path, own)).status).toBe(201);
    expect((await drop(port, path.replace('a.jpg', 'A.JPG'), own)).status).toBe(409);
  });

  it.each([
    '/dropped/batch-one/../a.jpg',
    '/dropped/batch-one/%2e%2e/a.jpg',
    '/dropped/..%2fbatch/a.jpg',
    '/dropped/batch-one/%ff.jpg',
    '/dropped/batch-one/',
    '/dropped/a.jpg',
  ])('cannot climb out of it: %s', async (path) => {
    const { port, own, droppedFolder } = await openTestDoor();
    expect((await drop(port, path, own)).status).toBe(400);
    await expect(readdir(droppedFolder)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('get names that every file system takes', async () => {
    const { port, own, droppedFolder } = await openTestDoor();
    const { status, body } = await drop(
      port,
      `/dropped/${randomUUID()}/${encodeURIComponent('a/b:c\\d.')}/${encodeURIComponent('con.jpg')}`,
      own,
    );
    expect(status).toBe(201);
    expect(String(body).slice(droppedFolder.length)).toMatch(/^\/[^/]+\/a_b_c_d\/_con\.jpg$/);
  });

  it('are photos, and models in their own place', async () => {
    const { port, own, droppedFolder } = await openTestDoor();
    const model = await drop(port, `/dropped-models/${randomUUID()}/some.pth`, own);
    expect(model.status).toBe(201);
    expect(await readFile(String(model.body))).toEqual(content);
    expect(String(model.body).startsWith(droppedFolder)).toBe(false);
    expect((await drop(port, `/dropped/${randomUUID()}/some.pth`, own)).status).toBe(415);
    expect((await drop(port, `/dropped-models/${randomUUID()}/a.jpg`, own)).status).toBe(415);
    expect((await drop(port, `/dropped/${randomUUID()}/run.sh`, own)).status).toBe(415);
  });

  it.each([
    ['without the cookie', (own: Own) => ({ origin: own.origin }), 401],
    ['by another site', (own: Own) => ({ ...own, origin: 'https://example.org' }), 403],
    ['by a program that names no origin', (own: Own) => ({ cookie: own.cookie }), 403],
  ])('are not taken %s', async (_, headers, expected) => {
    const { port, own, droppedFolder } = await openTestDoor();
    expect((await drop(port, `/dropped/${randomUUID()}/a.jpg`, headers(own))).status).toBe(expected);
    await expect(readdir(droppedFolder)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('leave nothing behind when they break off', async () => {
    const { port, own, droppedFolder } = await openTestDoor();
    const outgoing = request({
      host: '127.0.0.1',
      port,
      path: `/dropped/${randomUUID()}/a.jpg`,
      method: 'PUT',
      headers: { ...own, 'content-length': '1000' },
    });
    outgoing.on('error', () => undefined);
    outgoing.write('half of');
    const files = async (): Promise<string[]> =>
      (await readdir(droppedFolder, { recursive: true }).catch(() => [])).filter((name) => name.includes('a.jpg'));
    await vi.waitUntil(async () => (await files()).length === 1);
    expect(await files()).toEqual([expect.stringMatching(/a\.jpg\.part$/)]);
    outgoing.destroy();
    await vi.waitUntil(async () => (await files()).length === 0);
  });
});
