import { onTestFinished, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { contract, type AppCalls, type AppEvents } from '../../../src/shared/contract.ts';
import { connect } from '../../../src/shared/protocol/connect.ts';
import { ask, openTestDoor, type Own } from '../../support/browser-door.ts';

/** Opens the contract's socket; rejects with the status where it is refused. */
function socket(port: number, headers: Record<string, string>): Promise<WebSocket> {
  const client = new WebSocket(`ws://127.0.0.1:${port}/contract`, { headers });
  onTestFinished(() => {
    client.terminate();
  });
  return new Promise((resolve, reject) => {
    client.once('open', () => {
      resolve(client);
    });
    client.once('unexpected-response', (_, { statusCode }) => {
      reject(new Error(String(statusCode)));
    });
    client.once('error', reject);
  });
}

const closingCode = (client: WebSocket): Promise<number> => new Promise((resolve) => client.once('close', resolve));

const speak = (client: WebSocket, events: Partial<AppEvents> = {}): AppCalls => {
  const { calls } = connect(contract, events, {
    post: (message) => {
      client.send(JSON.stringify(message));
    },
    on: (receive) => {
      client.on('message', (bytes: Buffer) => {
        receive(JSON.parse(bytes.toString()));
      });
    },
  });
  return calls;
};

describe('the entrance', () => {
  it('exchanges the token for a cookie that scripts and other sites cannot use, and takes it out of the address', async () => {
    const { entrance } = await openTestDoor();
    expect(entrance).toMatchObject({ status: 303, headers: { location: '/' } });
    expect(String(entrance.headers['set-cookie'])).toMatch(/^onestep-\d+=[\w-]{32}; Path=\/; HttpOnly; SameSite=Strict$/);
  });

  it('hands out a cookie that is not the token', async () => {
    const { server, cookie } = await openTestDoor();
    expect(cookie).not.toContain(new URL(server.address).searchParams.get('token'));
  });

  it.each(['/', '/?token=', '/?token=wrong', '/assets/main-1a2b.js', '/photo/0/thumbnail/256'])(
    'lets nobody in without: %s',
    async (path) => {
      const { port } = await openTestDoor();
      expect((await ask(port, path)).status).toBe(401);
    },
  );

  it.each(['example.org', 'example.org:80', '127.0.0.1', 'localhost:1'])('answers to its own name only, not to %s', async (host) => {
    const { port, cookie, server } = await openTestDoor();
    expect((await ask(port, '/', { headers: { cookie, host } })).status).toBe(421);
    expect((await ask(port, `/${new URL(server.address).search}`, { headers: { host } })).status).toBe(421);
  });
});

describe('the page', () => {
  it('is served with a policy that allows nothing from elsewhere', async () => {
    const { port, cookie } = await openTestDoor();
    const { status, headers, body } = await ask(port, '/', { headers: { cookie } });
    expect(status).toBe(200);
    expect(String(body)).toContain('<title>Onestep</title>');
    expect(headers['content-security-policy']).toMatch(/^default-src 'none'; script-src 'self';/);
    expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer', 'x-frame-options': 'DENY' });
    expect((await ask(port, '/assets/main-1a2b.js', { headers: { cookie } })).status).toBe(200);
  });

  it.each([
    '/../secret.js',
    '/assets/../../secret.js',
    '/assets/%2e%2e/%2e%2e/secret.js',
    '/assets',
    '/.',
    '/assets/..',
    '/nothing.js',
    '/%00.js',
  ])('leads to no other file: %s', async (path) => {
    const { port, cookie } = await openTestDoor();
    expect((await ask(port, path, { headers: { cookie } })).status).toBe(404);
  });

  it('answers to questions only', async () => {
    const { port, own } = await openTestDoor();
    expect((await ask(port, '/', { method: 'POST', headers: own })).status).toBe(405);
    expect((await ask(port, '/photo/0/picture', { method: 'DELETE', headers: own })).status).toBe(405);
  });
});

describe('pixels', () => {
  it('are kept for ever under an address with a version, and not without', async () => {
    const { port, cookie } = await openTestDoor();
    const kept = await ask(port, '/photo/1/thumbnail/256?v=1', { headers: { cookie } });
    expect(kept).toMatchObject({ status: 200, headers: { 'content-type': 'image/webp' } });
    expect(kept.headers['cache-control']).toContain('immutable');
    expect((await ask(port, '/photo/1/thumbnail/256', { headers: { cookie } })).headers['cache-control']).toBe('no-store');
  });

  it.each([
    '/photo/7/thumbnail/256',
    '/photo/0/thumbnail/99999',
    '/photo/-1/picture',
    '/photo/..%2f..%2fetc%2fpasswd/picture',
    '/photo/1e3/picture',
  ])('are not found at %s', async (path) => {
    const { port, cookie } = await openTestDoor();
    expect((await ask(port, path, { headers: { cookie } })).status).toBe(404);
  });
});

describe('the contract', () => {
  it('is spoken over a socket, in both directions', async () => {
    const { port, own, application } = await openTestDoor();
    const themes: string[] = [];
    const calls = speak(await socket(port, own), { settingsChanged: ({ theme }) => themes.push(theme) });
    expect(await calls.app.start()).toMatchObject({ door: 'browser', library: { photos: 2 } });
    await calls.settings.change({ theme: 'light' });
    await vi.waitUntil(() => themes.length > 0);
    expect(themes).toEqual(['light']);
    await expect(calls.photos.cards(['1'] as unknown as number[])).rejects.toMatchObject({ name: 'Problem', code: 'bad-request' });
    expect(application.made.map(({ name }) => name)).toEqual(['app.start', 'settings.change']);
  });

  it.each([
    ['without the cookie', (own: Own) => ({ origin: own.origin })],
    ['from another origin', (own: Own) => ({ ...own, origin: 'https://example.org' })],
    ['from another port', (own: Own) => ({ ...own, origin: 'http://127.0.0.1:1' })],
    ['from a program that names no origin', (own: Own) => ({ cookie: own.cookie })],
    ['from a page that is no web page', (own: Own) => ({ ...own, origin: 'null' })],
    ['under another name', (own: Own) => ({ ...own, host: 'example.org' })],
  ])('is refused %s', async (_, headers) => {
    const { port, own, application } = await openTestDoor();
    await expect(socket(port, headers(own))).rejects.toThrow('403');
    expect(application.listeners()).toBe(0);
  });

  it.each([
    ['no JSON', 'hello'],
    ['no call', '{"t":"q"}'],
    ['a list', '[]'],
    ['nothing', 'null'],
    ['an answer to a question that was not asked', '{"t":"s","i":"1","r":1}'],
    ['a call whose arguments are no list', '{"t":"q","m":"app.start","a":{"length":1},"i":"1"}'],
    ['bytes', Buffer.from([0, 255])],
  ])('ends with the first message that is %s', async (_, message) => {
    const { port, own, application } = await openTestDoor();
    const client = await socket(port, own);
    client.send(message);
    expect(await closingCode(client)).toBe(1007);
    expect(application.made).toEqual([]);
    await vi.waitUntil(() => application.listeners() === 0);
  });

  it('ends with a message that is too large, and the door stays open', async () => {
    const { port, own, application } = await openTestDoor();
    const client = await socket(port, own);
    client.send(JSON.stringify({ t: 'q', m: 'library.open', a: [['x'.repeat(33 * 1024 * 1024)]], i: '1' }));
    expect(await closingCode(client)).toBe(1009);
    expect(application.made).toEqual([]);
    expect(await speak(await socket(port, own)).app.start()).toMatchObject({ door: 'browser' });
  });

  it.each([
    ...[
      'constructor',
      'toString',
      '__proto__',
      'hasOwnProperty',
      'then',
      'pixels',
      'close',
      'queue',
      'queue.constructor',
      'queue.toString',
    ],
    ...['settings.current', 'evaluation.#current', '__proto__.toString', 'queue.enqueue.call', 'libraryChanged'],
  ])('has no call named %s', async (name) => {
    const { port, own } = await openTestDoor();
    const client = await socket(port, own);
    const answered = new Promise<string>((resolve) =>
      client.once('message', (bytes: Buffer) => {
        resolve(bytes.toString());
      }),
    );
    client.send(JSON.stringify({ t: 'q', m: name, a: [], i: '1' }));
    expect(JSON.parse(await answered)).toMatchObject({ i: '1', e: { bug: expect.stringContaining('not found') as string } });
  });
});
