import { execFileSync } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { FleetMembership } from '../../src/app/fleet.ts';
import { fleetProgram } from '../../src/fleet/fleet.ts';
import { Roots } from '../../src/fleet/roots.ts';
import type { FleetForm, FleetWay } from '../../src/shared/fleet.ts';
import { defaultOptions } from '../../src/shared/options.ts';
import { Cable } from '../support/cable.ts';
import { emptied, ScriptedEngine, TestFleet } from '../support/fleet.ts';
import { testFolder } from '../support/golden.ts';
import { needs } from '../support/needs.ts';
import { startServer, type QueueServer } from '../support/queue-servers.ts';

const eventually = { timeout: 30_000, interval: 50 };
const form: FleetForm = { queue: '', user: '', password: '', certificate: null, folders: [] };
const found = (path: string) => ({ path, under: '', skipIfResult: false });

async function member(folder: string, engine = new ScriptedEngine()) {
  const stored: { way: FleetWay | null } = { way: null };
  await mkdir(join(folder, 'settings'), { recursive: true });
  const membership = new FleetMembership({
    load: () => Promise.resolve(fleetProgram),
    folder: join(folder, 'settings'),
    way: () => stored.way,
    onWay: (way) => (stored.way = way),
    engine,
    onAdding: () => undefined,
  });
  onTestFinished(() => membership.close());
  return { membership, stored };
}

/** What a call is rejected with, and after how many seconds. */
async function refusal(call: Promise<unknown>): Promise<{ code: string; message: string; advice: string; seconds: number }> {
  const began = performance.now();
  const problem = await call.then(
    () => ({ code: 'nothing', message: '', advice: '' }),
    (error: unknown) => error as { code: string; message: string; advice: string },
  );
  return { code: problem.code, message: problem.message, advice: problem.advice, seconds: (performance.now() - began) / 1000 };
}

describe('connecting to a fleet', () => {
  it('says within seconds what is wrong, remembers nothing of it, and can be given up', async () => {
    const { membership, stored } = await member(await testFolder());
    const connect = (queue: string, more: Partial<FleetForm> = {}) => refusal(membership.connect({ ...form, queue, ...more }));
    const password = 'secret';
    expect(await connect('')).toMatchObject({ code: 'bad-request', message: expect.stringContaining('queue') as string });
    expect(await connect('nas')).toMatchObject({ code: 'bad-request', message: 'This is not the address of a queue.' });
    expect(await connect('redis://nas:6379', { password })).toMatchObject({
      message: 'A queue on another computer needs encryption and a password.',
    });
    expect(await connect('rediss://no.such.computer.invalid', { password })).toMatchObject({
      code: 'queue-not-reached',
      message: 'There is no computer named “no.such.computer.invalid” on this network.',
    });
    expect(await connect('redis://127.0.0.1:1')).toMatchObject({ message: 'The queue at 127.0.0.1:1 cannot be reached.' });

    // Something that takes calls and never says a word.
    const silent = createServer(() => undefined).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    onTestFinished(() => void silent.close());
    const mute = `redis://127.0.0.1:${(silent.address() as AddressInfo).port}`;
    const late = await connect(mute);
    expect(late).toMatchObject({ code: 'queue-not-reached' });
    expect(late.seconds).toBeLessThan(7);
    const givenUp = connect(mute);
    setTimeout(() => membership.cancelConnecting(), 300);
    const { code, seconds } = await givenUp;
    expect(code).toBe('cancelled');
    expect(seconds).toBeLessThan(3);
    expect(stored.way).toBeNull();
    expect(await refusal(membership.view())).toMatchObject({ code: 'bad-request', message: 'This computer is not connected to a fleet.' });
  });
});

describe('a member of a fleet', needs('redis'), () => {
  let server: QueueServer;
  beforeAll(async () => {
    server = await startServer('redis');
  });
  afterAll(() => server.stop());
  beforeEach(() => emptied(server));

  async function connected(fleet: TestFleet, queue = server.url) {
    const it = await member(fleet.folder);
    await it.membership.connect({ ...form, queue, folders: [{ name: 'nas', folder: fleet.root, isNew: false }] });
    return it;
  }

  it('adds photos that belong to the batch of their folder, and looks after them', async () => {
    const fleet = await TestFleet.open(await testFolder(), server);
    const photos = await fleet.photos(4);
    const { membership } = await connected(fleet);
    const add = (paths: string[]) => membership.add(paths.map(found), defaultOptions);
    expect(await add(photos.slice(0, 3))).toEqual({ added: 3, done: 0, skipped: 0, failed: 0, problem: null });
    // All of the folder, from the command line: what is there is there.
    await fleet.add();
    await add(photos.slice(2));
    expect(await fleet.queue.left()).toBe(4);
    const outside = join(fleet.folder, 'outside.jpg');
    await writeFile(outside, 'outside');
    expect(await refusal(add([outside]))).toMatchObject({ code: 'not-opened', advice: expect.stringContaining('shared folder') as string });

    const studio = await fleet.machine('studio');
    studio.engine.milliseconds = 300;
    await expect.poll(async () => (await membership.view()).photos.filter(({ state }) => state === 'done').length, eventually).toBe(4);
    const { status, photos: shown, troubles } = await membership.view();
    expect(troubles).toEqual([]);
    expect(status).toMatchObject({ waiting: 0, running: 0, failed: 0, paused: false });
    expect(shown.map(({ machine }) => machine.replace(/-\w+$/, ''))).toEqual(['studio', 'studio', 'studio', 'studio']);
  });

  it('lets a machine rest, which then takes no photo until it may again', async () => {
    const fleet = await TestFleet.open(await testFolder(), server);
    await fleet.photos(3);
    const { membership } = await connected(fleet);
    const studio = await fleet.machine('studio');
    const name = async (): Promise<string> => (await membership.view()).status.machines[0]?.name ?? '';
    await expect.poll(name, eventually).not.toBe('');
    await membership.drain(await name(), true);
    await expect.poll(async () => (await membership.view()).status.machines[0]?.drained, eventually).toBe(true);
    await fleet.add();
    await expect.poll(async () => (await membership.view()).status.running, eventually).toBe(0);
    expect(studio.engine.enhanced).toEqual([]);
    expect(await fleet.queue.left()).toBe(3);
    await membership.drain(await name(), false);
    await expect.poll(() => studio.engine.enhanced.length, eventually).toBe(3);
  });

  it('tells of entries that are signed with another key, and of those that a newer version added', async () => {
    const fleet = await TestFleet.open(await testFolder(), server);
    await fleet.photos(1);
    await fleet.add();
    const { membership } = await connected(fleet);
    expect((await membership.view()).troubles).toEqual([]);
    const roots = await Roots.open({ nas: fleet.root });
    const [nas] = roots.all;
    const add = (id: string, v: number, key: string) => {
      const body = JSON.stringify({ v, roots: { nas: nas?.id } });
      const marks = { nas: createHmac('sha256', key).update(body).digest('hex') };
      return fleet.queue.add([{ id, batch: 'other', entry: { body, marks }, megapixels: 1, again: false }]);
    };
    await add('w-foreign', 1, 'another key');
    expect((await membership.view()).troubles.map(({ message }) => message)).toEqual([
      'An entry in the queue is not signed with the key of the folder “nas”.',
    ]);
    await add('w-newer', 99, nas?.key ?? '');
    expect((await membership.view()).troubles.map(({ message }) => message)).toContain(
      'This photo was added by a newer version of Onestep.',
    );
  });

  it('is told at once of a wrong password, keeps the right one to itself, and connects by it later', async () => {
    const fleet = await TestFleet.open(await testFolder(), server);
    const redis = (...words: string[]) => execFileSync('redis-cli', ['-p', String(server.address.port), ...words], { stdio: 'pipe' });
    redis('ACL', 'SETUSER', 'somebody', 'on', '>right', '~*', '&*', '+@all');
    onTestFinished(() => void redis('ACL', 'DELUSER', 'somebody'));
    const { membership, stored } = await member(fleet.folder);
    const given = { ...form, queue: server.url, user: 'somebody', folders: [{ name: 'nas', folder: fleet.root, isNew: false }] };
    const wrong = await refusal(membership.connect({ ...given, password: 'wrong' }));
    expect(wrong).toMatchObject({ code: 'queue-not-admitted', advice: 'Check the user name and the password.' });
    expect(wrong.seconds).toBeLessThan(3);
    await membership.connect({ ...given, password: 'right' });
    expect(JSON.stringify(stored.way)).not.toContain('right');
    const file = join(fleet.folder, 'settings', 'fleet-password');
    expect(await readFile(file, 'utf8')).toBe('right');
    if (process.platform !== 'win32') expect((await stat(file)).mode & 0o777).toBe(0o600);
    // Another start of the application, and a change of something else.
    const next = await member(fleet.folder);
    next.stored.way = stored.way;
    expect((await next.membership.view()).status.waiting).toBe(0);
    await next.membership.connect({ ...given, password: null });
    await next.membership.disconnect();
    expect(next.stored.way).toBeNull();
    await expect(stat(file)).rejects.toThrow('ENOENT');
  });

  it('tells of an outage within seconds, whatever it was at, and goes on by itself when it is over', async () => {
    const fleet = await TestFleet.open(await testFolder(), server);
    const cable = await Cable.to(server.address.port);
    onTestFinished(() => {
      cable.close();
    });
    const { membership } = await connected(fleet, `redis://127.0.0.1:${cable.port}`);
    expect((await membership.view()).status.waiting).toBe(0);
    cable.cut(11);
    const lost = await refusal(membership.view());
    expect(lost).toMatchObject({ code: 'queue-not-reached', message: 'The connection to the queue was lost.' });
    expect(lost.seconds).toBeLessThan(7);
    expect(await refusal(membership.pause())).toMatchObject({ code: 'queue-not-reached' });
    await expect
      .poll(
        () =>
          membership.view().then(
            ({ status }) => status.paused,
            () => null,
          ),
        eventually,
      )
      .toBe(false);
  });

  it('makes a folder a shared one, and says what is wrong with one that cannot be', async () => {
    const folder = await testFolder();
    await mkdir(join(folder, 'fresh'));
    const { membership, stored } = await member(folder);
    const connect = (name: string, isNew: boolean, where = 'fresh') =>
      membership.connect({ ...form, queue: server.url, folders: [{ name, folder: join(folder, where), isNew }] });
    expect(await membership.nameOf(join(folder, 'fresh'))).toBeNull();
    expect(await refusal(connect('Fresh photos', true))).toMatchObject({ message: 'This is not a valid name for a shared folder.' });
    expect(await refusal(connect('nas', false))).toMatchObject({
      message: expect.stringContaining('is not a shared folder of a fleet') as string,
    });
    expect(stored.way).toBeNull();
    await connect('nas', true);
    expect(await membership.nameOf(join(folder, 'fresh'))).toBe('nas');
    expect(await refusal(connect('other', false))).toMatchObject({
      message: expect.stringContaining('is shared as “nas”') as string,
    });
    expect(stored.way).toMatchObject({ roots: { nas: join(folder, 'fresh') } });
  });
});
