import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { sizeBudgets, total } from '../../scripts/package-contents.mjs';
import { connectTo } from '../../src/fleet/connection.ts';
import { FleetQueue } from '../../src/fleet/fleet-queue.ts';
import { emptied } from '../support/fleet.ts';
import { goldenFolder, testFolder } from '../support/golden.ts';
import { fleetSourcesIn } from '../support/loaded-sources.ts';
import { needs } from '../support/needs.ts';
import { builtProgram, onestep, writePicture } from '../support/programs.ts';
import { startServer, type QueueServer } from '../support/queue-servers.ts';

const twice = ['--model', 'identity-x2', '--scale', '2'];
/** For a tile, and for a computer that has much else to do. */
const busySeconds = 4;
const eventually = { timeout: 60_000, interval: 100 };

describe('onestep fleet and worker', needs('redis'), () => {
  let server: QueueServer;
  beforeAll(async () => {
    server = await startServer('redis');
  });
  afterAll(() => server.stop());
  beforeEach(() => emptied(server));

  /** A folder of so many photos that is in the queue. */
  async function added(
    photos: number,
    side = 30,
  ): Promise<{ folder: string; env: NodeJS.ProcessEnv; fleet: (...words: string[]) => ReturnType<typeof onestep> }> {
    const folder = await testFolder();
    await mkdir(join(folder, 'nas/in'), { recursive: true });
    for (let index = 0; index < photos; index += 1)
      await writePicture(join(folder, 'nas/in', `p${index}.png`), side + index, Math.round(side / 1.5));
    const env = { ONESTEP_QUEUE: server.url };
    const fleet = (...words: string[]) => onestep(folder, ['fleet', ...words], { env });
    expect(await fleet('init', 'nas', '--name', 'nas')).toMatchObject({ status: 0 });
    const { status, out } = await fleet('add', 'nas/in', '--map', 'nas=nas', '--output', 'nas/out', ...twice);
    expect(out).toMatch(new RegExp(`^${photos} photos? found\\.\\n${photos} photos? in the queue\\. This is batch [0-9a-f]{16}\\.\\n$`));
    expect(status).toBe(0);
    return { folder, env, fleet };
  }

  function worker(folder: string, env: NodeJS.ProcessEnv, line: string) {
    const words = `exec "${process.execPath}" "${builtProgram('cli.js')}" worker --provider cpu`;
    const surroundings = { ...process.env, ...env, ONESTEP_MODELS: goldenFolder, ONESTEP_CACHE: join(folder, '.cache') };
    const child = spawn('bash', ['-c', line.replace('WORKER', words)], {
      cwd: folder,
      env: surroundings,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    const said = { out: '', error: '' };
    child.stdout.setEncoding('utf8').on('data', (text: string) => (said.out += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (said.error += text));
    return { child, said };
  }

  it('work through a folder with the results of one computer, tell how it stands, and leave when told', async () => {
    const { folder, env, fleet } = await added(3);
    expect((await fleet('status')).out).toMatch(/^3 photos waiting, 0 at work, 0 failed\.\n/);
    expect(await fleet('pause')).toMatchObject({ status: 0 });
    const { child, said } = worker(folder, env, 'WORKER --map nas=nas --name "my computer"');
    await expect.poll(() => said.error, eventually).toContain('Working for the fleet.');
    expect(JSON.parse((await fleet('status', '--json')).out)).toMatchObject({ paused: true, waiting: 3 });
    await fleet('resume');
    await expect.poll(() => said.out.trim().split('\n').length, eventually).toBe(3);
    expect(said.out).toMatch(/^nas:in\/p\d\.png → nas:out\/p\d_2x\.png: done, /m);
    child.kill('SIGTERM');
    expect(await once(child, 'exit')).toEqual([0, null]);
    expect(said.error).toContain('Leaving when the photo at work is done');
    await onestep(folder, ['enhance', 'nas/in', '--output', 'alone', '--provider', 'cpu', ...twice]);
    expect(await readdir(join(folder, 'nas/out'))).toEqual(['p0_2x.png', 'p1_2x.png', 'p2_2x.png']);
    for (const name of await readdir(join(folder, 'alone')))
      expect(await readFile(join(folder, 'nas/out', name))).toEqual(await readFile(join(folder, 'alone', name)));
  });

  it('in two containers with equal process numbers, which see the folder in different places', needs('namespaces'), async () => {
    const { folder, env, fleet } = await added(8);
    const inside = (place: string) =>
      `mkdir -p ${place}; exec unshare --mount --pid --fork --kill-child sh -c 'mount -t proc proc /proc; mount --bind nas ${place}; WORKER --map nas=${place}'`;
    const workers = ['here', 'there'].map((place) => worker(folder, env, inside(place)));
    const done = (): number => workers.reduce((sum, { said }) => sum + (said.out.match(/: done, /g)?.length ?? 0), 0);
    await expect.poll(done, eventually).toBe(8);
    expect(await readdir(join(folder, 'nas/out'))).toHaveLength(8);
    expect(JSON.parse((await fleet('status', '--json')).out)).toMatchObject({ waiting: 0, running: 0, failed: 0 });
  });

  it('what a killed worker was at is finished by another; what is cancelled ends: both in time, by the clock', needs('linux'), async () => {
    const { folder, env, fleet } = await added(1, 2400);
    // Of a real lease of 60 s, no more than 90 s.
    const leaseSeconds = 4;
    const lease = { ...env, ONESTEP_FLEET_LEASE_SECONDS: String(leaseSeconds) };
    const hasBegun = ({ said }: ReturnType<typeof worker>): boolean => said.out.includes('"begun"');
    // Both are there before the photo is: the one that is killed cannot have finished it.
    await fleet('pause');
    const workers = [1, 2].map(() => worker(folder, lease, 'WORKER --map nas=nas --json'));
    for (const { said } of workers) await expect.poll(() => said.error, eventually).toContain('Working for the fleet.');
    await fleet('resume');
    await expect.poll(() => workers.some(hasBegun), { timeout: 60_000, interval: 20 }).toBe(true);
    const [first, second] = workers.toSorted((one, other) => Number(hasBegun(other)) - Number(hasBegun(one)));
    if (!first || !second) throw new Error('There are two workers.');
    first.child.kill('SIGKILL');
    const killed = performance.now();
    await expect.poll(() => hasBegun(second), eventually).toBe(true);
    expect((performance.now() - killed) / 1000).toBeLessThan(leaseSeconds * 1.5 + busySeconds);
    await expect.poll(() => second.said.out, eventually).toContain('"ended"');
    expect(await readdir(join(folder, 'nas/out'))).toEqual(['p0_2x.png']);

    await writePicture(join(folder, 'nas/in/p1.png'), 4000, 3000);
    await fleet('add', 'nas/in', '--map', 'nas=nas', '--output', 'nas/out', ...twice);
    await expect.poll(() => second.said.out.match(/"begun"/g)?.length, eventually).toBe(2);
    await fleet('cancel');
    const cancelled = performance.now();
    const queue = new FleetQueue(await connectTo(server.address));
    await expect.poll(() => queue.left(), { timeout: 60_000, interval: 50 }).toBe(0);
    expect((performance.now() - cancelled) / 1000).toBeLessThan(2 + busySeconds);
    await queue.close();
    expect(await readdir(join(folder, 'nas/out'))).toEqual(['p0_2x.png']);
  });

  it('say what is wrong before anything is begun', async () => {
    const folder = await testFolder();
    await mkdir(join(folder, 'nas'));
    const says = async (words: string[], env: NodeJS.ProcessEnv = {}): Promise<[string, number | null]> => {
      const { error, status } = await onestep(folder, words, { env: { ONESTEP_QUEUE: '', ...env } });
      return [error, status];
    };
    expect(await says(['fleet', 'status'])).toEqual([expect.stringContaining('No queue was named.'), 2]);
    expect(await says(['fleet', 'status', '--queue', 'redis://127.0.0.1:1'])).toEqual([
      expect.stringMatching(/^The queue at 127\.0\.0\.1:1 cannot be reached\./),
      3,
    ]);
    expect(await says(['worker', '--map', 'nas=nas'])).toEqual([expect.stringContaining('is not a shared folder of a fleet'), 3]);
  });
});

it('a fleet adds less than 2 % to a package of one computer', async () => {
  const out = join(builtProgram('cli.js'), '..');
  const programs = (await readdir(out)).filter((name) => name.endsWith('.js'));
  const others = new Set<string>();
  const ahead = ['cli.js', 'main.js', 'web.js', 'engine-host.js'];
  for (let name = ahead.pop(); name !== undefined; name = ahead.pop()) {
    if (others.has(name) || name.includes('fleet') || !programs.includes(name)) continue;
    others.add(name);
    ahead.push(...[...(await readFile(join(out, name), 'utf8')).matchAll(/"\.\/([\w.-]+\.js)"/g)].map(([, found = '']) => found));
  }
  const sizes = await Promise.all(programs.filter((name) => !others.has(name)).map(async (name) => (await stat(join(out, name))).size));
  const brought = sizes.reduce((sum, size) => sum + size, 0);
  const smallest = Math.min(...Object.values(sizeBudgets()).map(total));
  expect(brought).toBeGreaterThan(1e6);
  expect(brought / smallest).toBeLessThan(0.02);
});

it('of the fleet nothing is loaded by who has one computer', async () => {
  const out = join(builtProgram('cli.js'), '..');
  const loaded = new Set<string>();
  const ahead = ['cli.js', 'main.js', 'web.js', 'engine-host.js', 'chunk-program.js'];
  for (let name = ahead.pop(); name !== undefined; name = ahead.pop()) {
    if (loaded.has(name)) continue;
    loaded.add(name);
    const text = await readFile(join(out, name), 'utf8');
    // What stands there by itself is loaded with the file; `import(…)` is loaded when it is asked for.
    ahead.push(...[...text.matchAll(/(?:from|^import) ?"\.\/([\w.-]+\.js)"/gm)].map(([, found = '']) => found));
    expect(text, name).not.toMatch(/(from|^import) ?"(bullmq|ioredis|pg)"/m);
  }
  expect(loaded.size).toBeGreaterThan(10);
  expect(await fleetSourcesIn([...loaded].map((name) => join(out, name)))).toEqual([]);
});
