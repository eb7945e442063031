import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, symlink, unlink, utimes, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { AddEvent } from '../../src/fleet/add-photos.ts';
import { connectTo } from '../../src/fleet/connection.ts';
import { FleetQueue } from '../../src/fleet/fleet-queue.ts';
import { isResultOf, noResult } from '../../src/fleet/ledger.ts';
import { entryOf, type Payload } from '../../src/fleet/payload.ts';
import { Roots } from '../../src/fleet/roots.ts';
import type { WorkerEvent } from '../../src/fleet/worker.ts';
import { Problem } from '../../src/shared/problem.ts';
import { english, sentence, told } from '../../src/shared/sentence.ts';
import { emptied, ScriptedEngine, TestFleet, type Machine } from '../support/fleet.ts';
import { testFolder } from '../support/golden.ts';
import { needs } from '../support/needs.ts';
import { startServer, type QueueServer } from '../support/queue-servers.ts';

const eventually = { timeout: 30_000, interval: 50 };
const ended = ({ events }: Machine): number => events.filter(({ event }) => event === 'ended').length;
const failures = ({ events }: Machine) => events.flatMap((event) => (event.event === 'failed' ? [event] : []));
const putBack = ({ events }: Machine): WorkerEvent[] => events.filter(({ event }) => event === 'put-back');
const results = async (folder: string): Promise<string[]> => (await readdir(folder)).filter((name) => name.includes('_2x')).toSorted();

describe.each(['redis', 'postgres'] as const)('a fleet on %s', (kind) => {
  describe('works', needs(kind), () => {
    let server: QueueServer;
    beforeAll(async () => {
      server = await startServer(kind);
    });
    afterAll(() => server.stop());
    beforeEach(() => emptied(server));
    const open = async (): Promise<TestFleet> => TestFleet.open(await testFolder(), server);

    it('every photo once, by machines that see the folder in different places; what is added again is not done again', async () => {
      const fleet = await open();
      await fleet.photos(20);
      expect(await fleet.add()).toMatchObject({ found: 20, added: 20, failed: 0 });
      expect(await fleet.add()).toMatchObject({ found: 20, added: 20 });
      expect(await fleet.queue.left()).toBe(20);
      const elsewhere = join(fleet.folder, 'elsewhere');
      await symlink(fleet.root, elsewhere);
      const machines = [await fleet.machine('one'), await fleet.machine('two', { mapped: elsewhere })];
      await expect.poll(() => machines.reduce((sum, machine) => sum + ended(machine), 0), eventually).toBe(20);
      const enhanced = machines.flatMap(({ engine }) => engine.enhanced.map((path) => path.replace(elsewhere, fleet.root)));
      expect(new Set(enhanced).size).toBe(20);
      expect(enhanced).toHaveLength(20);
      expect(await results(join(fleet.root, 'in'))).toHaveLength(20);
      // Its results lie in the folder now, and are left alone.
      expect(await fleet.add()).toMatchObject({ found: 40, added: 0, done: 20, skipped: 20 });
      // Results are known by their hash, as they were written.
      const ledger = await fleet.ledger();
      const hash = createHash('sha256').update('a result of p5.jpg').digest('hex');
      const record = ledger.find(({ source }) => source === 'nas:in/p5.jpg') ?? noResult;
      expect(record).toMatchObject({ bytes: 18, sha256: hash });
      const damaged = join(fleet.root, 'in', 'p5_2x.jpg');
      const { mtime } = await stat(damaged);
      await writeFile(damaged, 'a result of p5.jPg');
      await utimes(damaged, mtime, mtime);
      expect(await fleet.add()).toMatchObject({ added: 0, done: 20 });
      expect(await isResultOf(record, damaged, false)).toBe(true);
      expect(await isResultOf(record, damaged, true)).toBe(false);
      await utimes(damaged, 1e9, 1e9);
      expect(await isResultOf(record, damaged, false)).toBe(false);
      await writeFile(damaged, 'a result of p5.jpg');
      await unlink(join(fleet.root, 'in', 'p3_2x.jpg'));
      expect(await fleet.add()).toMatchObject({ found: 39, added: 1, done: 19 });
      await expect.poll(() => results(join(fleet.root, 'in')), eventually).toHaveLength(20);
    });

    it('what is not of the fleet is refused in words, and the machine goes on', async () => {
      const fleet = await open();
      const [source = ''] = await fleet.photos(3);
      await mkdir(join(fleet.folder, 'outside'));
      await writeFile(join(fleet.folder, 'outside', 'secret.jpg'), 'secret');
      await symlink(join(fleet.folder, 'outside'), join(fleet.root, 'in', 'link'));
      const roots = await Roots.open({ nas: fleet.root });
      const [nas] = roots.all;
      const payload = (patch: Partial<Payload>): Omit<Payload, 'v'> => ({
        batch: '0123456789abcdef',
        roots: { nas: nas?.id ?? '' },
        source: roots.toPlace(source),
        version: { bytes: 6, modified: 0 },
        destination: { root: 'nas', path: 'in/result.jpg' },
        before: null,
        options: {},
        models: [],
        megapixels: 1,
        ...patch,
      });
      const at = (path: string): Partial<Payload> => ({ source: { root: 'nas', path } });
      const hostile: Record<string, unknown> = {
        above: entryOf(payload(at('../outside/secret.jpg')), roots.keyOf),
        absolute: entryOf(payload(at('/etc/passwd')), roots.keyOf),
        drive: entryOf(payload(at('C:/Windows/win.ini')), roots.keyOf),
        backslash: entryOf(payload(at('in\\..\\..\\outside')), roots.keyOf),
        nul: entryOf(payload(at('in/p0.jpg\0.png')), roots.keyOf),
        link: entryOf(payload(at('in/link/secret.jpg')), roots.keyOf),
        written: entryOf(payload({ destination: { root: 'nas', path: 'in/link/result.jpg' } }), roots.keyOf),
        otherKey: entryOf(payload({}), () => 'another key'),
        changed: { ...entryOf(payload({}), roots.keyOf), body: JSON.stringify({ v: 1, ...payload(at('in/p1.jpg')) }) },
        large: { body: 'x'.repeat(10_000_000), marks: {} },
        nothing: null,
        number: 7,
      };
      const connection = await connectTo(server.address);
      const queue = connection.queue<unknown>('onestep');
      for (const [name, entry] of Object.entries(hostile)) await queue.add('hostile', entry, { jobId: `w${name}` });
      await queue.close();
      await connection.close();
      const machine = await fleet.machine('one');
      await expect.poll(() => failures(machine).length, eventually).toBe(Object.keys(hostile).length);
      for (const { problem } of failures(machine)) expect(['bad-request']).toContain(problem.code);
      expect(failures(machine).map(({ problem }) => problem.message)).toContain('The path leads outside the folder “nas”.');
      expect(await readdir(join(fleet.folder, 'outside'))).toEqual(['secret.jpg']);
      expect(machine.engine.enhanced).toEqual([]);
      // Nor is it added: the folder has a link that leads out of it.
      expect(await fleet.add()).toMatchObject({ found: 4, added: 3, failed: 1 });
      await expect.poll(() => ended(machine), eventually).toBe(3);
      const failed = [];
      for await (const each of fleet.queue.failed()) failed.push(each);
      expect(failed.map(({ id }) => id).toSorted()).toEqual(
        Object.keys(hostile)
          .map((name) => `w${name}`)
          .toSorted(),
      );
      expect(failed.find(({ id }) => id === 'wotherKey')?.problem.message).toMatch(/not signed with the key of the folder “nas”/);
    });

    it('a newer version is put back for a newer machine', async () => {
      const fleet = await open();
      const roots = await Roots.open({ nas: fleet.root });
      const body = { roots: { nas: roots.get('nas')?.id ?? '' }, something: 'new', v: 2 } as unknown as Omit<Payload, 'v'>;
      const connection = await connectTo(server.address);
      const queue = connection.queue('onestep');
      await queue.add('0123456789abcdef', entryOf(body, roots.keyOf), { jobId: 'wnewer', attempts: 3 });
      const machine = await fleet.machine('old');
      await expect.poll(() => putBack(machine).length, eventually).toBe(1);
      expect(putBack(machine)[0]).toMatchObject({ problem: { code: 'newer-version' }, pausedSeconds: 5 });
      // The machine says so before the server has heard of it.
      const standing = async (): Promise<unknown> => {
        const job = await queue.getJob('wnewer');
        return [await job?.getState(), job?.attemptsMade];
      };
      await expect.poll(standing, { ...eventually, interval: 20 }).toEqual(['waiting', 0]);
      await queue.close();
      await connection.close();
    });

    it('a photo that fails is told with its reason, and waits again when asked; one that kills engines has three attempts', async () => {
      const fleet = await open();
      await fleet.photos(3);
      await fleet.add();
      const engine = new ScriptedEngine();
      engine.problem = (source) => (source.endsWith('p1.jpg') ? new Problem('damaged-image', told('It is torn.')) : null);
      const machine = await fleet.machine('one', { engine });
      await expect.poll(() => ended(machine) + failures(machine).length, eventually).toBe(3);
      expect(failures(machine)).toMatchObject([{ source: 'nas:in/p1.jpg', problem: { code: 'damaged-image' }, again: false }]);
      expect(await fleet.queue.status()).toMatchObject({ failed: 1, waiting: 0 });
      engine.problem = null;
      expect(await fleet.queue.retry(null)).toBe(1);
      await expect.poll(() => ended(machine), eventually).toBe(3);
      expect(await fleet.queue.status()).toMatchObject({ failed: 0 });
      engine.problem = () => new Problem('engine-stopped', told('It stopped.'));
      await fleet.photos(1, 'more');
      await fleet.add('more');
      await expect.poll(() => failures(machine).length, eventually).toBe(2);
      expect(failures(machine)[1]).toMatchObject({ again: true });
    });

    it('a photo that is too large for a machine is done by one that can, and holds up no others', async () => {
      const fleet = await open();
      await fleet.photos(6);
      await fleet.add();
      const small = new ScriptedEngine();
      small.problem = (source) => (/p[02]/.test(source) ? new Problem('not-enough-memory', told('Not enough memory.')) : null);
      const machine = await fleet.machine('small', { engine: small });
      await expect.poll(() => ended(machine), eventually).toBe(4);
      expect(putBack(machine).slice(0, 2)).toMatchObject([{ pausedSeconds: 0 }, { pausedSeconds: 0 }]);
      // It has tried one of them again, and waits now.
      await expect.poll(() => putBack(machine).length, eventually).toBe(3);
      await expect.poll(() => fleet.queue.status(), eventually).toMatchObject({ failed: 0, waiting: 2 });
      expect(putBack(machine)[2]).toMatchObject({ problem: { code: 'not-enough-memory' }, pausedSeconds: 5 });
      const large = await fleet.machine('large');
      await expect.poll(() => ended(large), eventually).toBe(2);
      expect(large.engine.enhanced.map((path) => basename(path)).toSorted()).toEqual(['p0.jpg', 'p2.jpg']);
      expect(await fleet.queue.status()).toMatchObject({ failed: 0, waiting: 0 });
    });

    it('a machine that has lost the folder costs no photo an attempt, and goes on when it is back', async () => {
      const fleet = await open();
      await fleet.photos(2);
      await fleet.add();
      const machine = await fleet.machine('one');
      await expect.poll(() => ended(machine), eventually).toBe(2);
      await fleet.photos(4, 'more');
      await rename(fleet.root, `${fleet.root}.away`);
      await mkdir(fleet.root);
      await rename(`${fleet.root}.away`, join(fleet.folder, 'other'));
      // Added by another machine, which still sees it.
      await fleet.add('more', { mapped: join(fleet.folder, 'other') });
      await expect.poll(() => putBack(machine).length, eventually).toBe(1);
      // The machine says so before the server has heard of it.
      await expect.poll(() => fleet.queue.status(), { ...eventually, interval: 20 }).toMatchObject({ failed: 0, waiting: 4 });
      await rm(fleet.root, { recursive: true });
      await rename(join(fleet.folder, 'other'), fleet.root);
      await expect.poll(() => ended(machine), eventually).toBe(6);
      expect(await results(join(fleet.root, 'more'))).toHaveLength(4);
    });

    it('what is cancelled is not begun, and what is at work ends within two seconds', async () => {
      const fleet = await open();
      await fleet.photos(5);
      await fleet.photos(2, 'more');
      const { batch } = await fleet.add();
      await fleet.add('more');
      const engine = new ScriptedEngine();
      engine.milliseconds = 60_000;
      const machine = await fleet.machine('one', { engine });
      await expect.poll(() => machine.events.length, eventually).toBe(1);
      const began = performance.now();
      expect(await fleet.queue.cancel(batch)).toBeGreaterThanOrEqual(4);
      engine.milliseconds = 0;
      await expect.poll(() => ended(machine), eventually).toBe(2);
      expect(performance.now() - began).toBeLessThan(2000 + 3000);
      expect(await results(join(fleet.root, 'in'))).toEqual([]);
      await expect.poll(() => fleet.queue.left(), eventually).toBe(0);
      // Added again, it is no longer cancelled: what was at work neither.
      await fleet.add();
      await expect.poll(() => ended(machine), eventually).toBe(2 + 5);
    });

    it('a machine that leaves finishes its photo, or puts it back', async () => {
      const fleet = await open();
      await fleet.photos(2);
      await fleet.add();
      const engine = new ScriptedEngine();
      engine.milliseconds = 300;
      const machine = await fleet.machine('one', { engine });
      await expect.poll(() => machine.events.length, eventually).toBe(1);
      await machine.worker.leave({ now: false });
      await machine.ran;
      expect(ended(machine)).toBe(1);
      expect(await fleet.queue.left()).toBe(1);
      engine.milliseconds = 60_000;
      const second = await fleet.machine('two', { engine });
      await expect.poll(() => second.events.length, eventually).toBe(1);
      await second.worker.leave({ now: true });
      await second.ran;
      expect(await fleet.queue.status()).toMatchObject({ waiting: 1, running: 0, failed: 0 });
    });

    it('names of every kind travel, but for those that not all systems can have', async () => {
      const fleet = await open();
      await fleet.photos(1);
      const names = ['über.jpg'.normalize('NFD'), '写真 📷.jpg', "it's; $(x).jpg", '2020-01-01 12:00.jpg'];
      for (const name of names) await writeFile(join(fleet.root, 'in', name), name);
      const events: AddEvent[] = [];
      expect(await fleet.add('in', { events })).toMatchObject({ found: 5, added: 4, failed: 1 });
      expect(events.find(({ event }) => event === 'failed')).toMatchObject({ problem: { code: 'bad-request' } });
      const machine = await fleet.machine('one');
      await expect.poll(() => ended(machine), eventually).toBe(4);
      expect(await results(join(fleet.root, 'in'))).toHaveLength(4);
      const ledgers = await readdir(join(fleet.root, '.onestep/fleet'), { recursive: true });
      const ledger = ledgers.find((name) => name.endsWith('.jsonl')) ?? '';
      expect((await readFile(join(fleet.root, '.onestep/fleet', ledger), 'utf8')).trim().split('\n')).toHaveLength(4);
    });
  });
});

it('a server that is nearly full, or forgets when it is full, is told of', needs('redis'), async () => {
  const server = await startServer('redis', { words: ['--maxmemory', '4mb', '--maxmemory-policy', 'allkeys-lru'] });
  const connection = await connectTo(server.address);
  const fleet = new FleetQueue(connection);
  expect(await fleet.warnings()).toEqual([sentence('fleet.queue.forgets', { policy: 'allkeys-lru' })]);
  const notes = connection.queue('filler');
  for (let at = 0; at < 6; at += 1) await notes.add('filler', 'x'.repeat(450_000));
  const [, warning] = await fleet.warnings();
  expect(warning?.code).toBe('fleet.queue.nearlyFull');
  expect(english.tell(warning ?? told(''))).toMatch(/^The memory of the queue’s server is [89]\d % full\./);
  await notes.close();
  await fleet.close();
  await server.stop();
});
