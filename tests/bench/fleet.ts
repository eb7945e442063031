import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { connectTo } from '../../src/fleet/connection.ts';
import { FleetQueue, type NewEntry } from '../../src/fleet/fleet-queue.ts';
import { entryOf, type Payload } from '../../src/fleet/payload.ts';
import { markRoot, Roots } from '../../src/fleet/roots.ts';
import { startServer, type QueueServer, type ServerKind } from '../support/queue-servers.ts';
import { pinnedShare, recovery } from './fleet-programs.ts';

/**
 * `npm run bench -- fleet`: what the queue of a fleet costs, over machines that only wait. Overhead for each photo, a thousand machines,
 * how many photos may wait. `million` takes a million of them, `quick` the least that shows something. Prints a table; nothing is asserted.
 */
const quick = process.argv.includes('quick');
const many = process.argv.includes('million') ? 1_000_000 : quick ? 1000 : 50_000;

const row = (what: string, found: string): void => {
  console.log(`${what.padEnd(64)} ${found}`);
};

interface Stage {
  readonly server: QueueServer;
  readonly roots: Roots;
  readonly queue: FleetQueue;
  readonly close: () => Promise<void>;
}

async function stage(kind: ServerKind): Promise<Stage> {
  const folder = await mkdtemp(join(tmpdir(), 'onestep-bench-'));
  await mkdir(join(folder, 'nas'));
  await markRoot(join(folder, 'nas'), 'nas');
  const server = await startServer(kind);
  const queue = new FleetQueue(await connectTo(server.address));
  const close = async (): Promise<void> => {
    await queue.close();
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  };
  return { server, queue, roots: await Roots.open({ nas: join(folder, 'nas') }), close };
}

/** Jobs that are done are remembered: every one has an id of its own. */
let given = 0;

/** Entries of the usual length, of photos as an archive names them. */
function entries(roots: Roots, from: number, count: number): NewEntry[] {
  const [root] = roots.all;
  const batch = '0123456789abcdef';
  return Array.from({ length: count }, (_, index) => {
    const name = `archive/2019/2019-07 Journey to the north/IMG_${from + index}`;
    const payload: Omit<Payload, 'v'> = {
      batch,
      roots: { nas: root?.id ?? '' },
      source: { root: 'nas', path: `${name}.jpg` },
      version: { bytes: 12_345_678, modified: 1_563_000_000_000 },
      destination: { root: 'nas', path: `${name}_4x.jpg` },
      before: null,
      options: { model: 'onestep-photo', target: { kind: 'scale', scale: 4 } },
      models: [{ id: 'onestep-photo', manifest: 'a'.repeat(64) }],
      megapixels: 48 + (index % 100),
    };
    given += 1;
    return { id: `w${given}x`, batch, entry: entryOf(payload, roots.keyOf), megapixels: payload.megapixels, again: false };
  });
}

/** The least of a job: taken from the queue, nothing done, given back as done. Seconds for each, by the clock and of computing here. */
async function overhead({ queue, roots, server }: Stage, jobs: number): Promise<{ clock: number; computing: number }> {
  await queue.add(entries(roots, 0, jobs));
  const connection = await connectTo(server.address);
  let done = 0;
  let began = 0;
  let used = process.cpuUsage();
  const worker = new FleetQueue(connection).worker('bench', 1, 60, () => {
    if (done === 0) [began, used] = [performance.now(), process.cpuUsage()];
    done += 1;
    return Promise.resolve({ status: 'done', destination: null });
  });
  void worker.run();
  while (done < jobs) await wait(5);
  const clock = (performance.now() - began) / 1000 / (jobs - 1);
  const { user, system } = process.cpuUsage(used);
  await worker.close();
  await connection.close();
  return { clock, computing: (user + system) / 1e6 / (jobs - 1) };
}

/** Machines that take a photo, wait and give it back; the share of the ideal that they reach. */
async function thousand({ queue, roots, server }: Stage, machines: number, seconds: number, rounds: number): Promise<number> {
  await queue.add(entries(roots, 0, machines * rounds));
  let done = 0;
  let worked = 0;
  const connections = await Promise.all(Array.from({ length: Math.ceil(machines / 50) }, () => connectTo(server.address)));
  const began = performance.now();
  const workers = connections.map((connection) =>
    new FleetQueue(connection).worker('bench', 50, 60, async () => {
      const start = performance.now();
      await wait(seconds * 1000);
      worked += performance.now() - start;
      done += 1;
      return { status: 'done', destination: null };
    }),
  );
  for (const worker of workers) void worker.run();
  while (done < machines * rounds) await wait(20);
  const share = worked / machines / (performance.now() - began);
  for (const worker of workers) await worker.close();
  for (const connection of connections) await connection.close();
  return share;
}

async function waiting({ queue, roots, server }: Stage): Promise<void> {
  const began = performance.now();
  for (let at = 0; at < many; at += 10_000) await queue.add(entries(roots, at, Math.min(10_000, many - at)));
  row(`${many} photos added, s`, ((performance.now() - began) / 1000).toFixed(1));
  row('… and waiting, MB of the server', (memoryOf(server) / 1e6).toFixed(0));
  row('… of this program, MB', (process.memoryUsage().rss / 1e6).toFixed(0));
  await server.kill();
  const restart = performance.now();
  await server.start();
  while ((await queue.left().catch(() => 0)) === 0) await wait(50);
  row('… restart after a kill until it answers, s', ((performance.now() - restart) / 1000).toFixed(1));
  row('… still waiting', String(await queue.left()));
}

const memoryOf = (server: QueueServer): number =>
  Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${server.process().pid ?? 0}/status`, 'utf8'))?.[1] ?? 0) * 1024;

/** Only these, where some are named: `overhead`, `thousand`, `pinned`, `waiting`. */
const named = ['overhead', 'thousand', 'pinned', 'waiting'].filter((name) => process.argv.includes(name));
const wants = (name: string): boolean => named.length === 0 || named.includes(name);

console.log(`${cpus()[0]?.model ?? ''}, Node ${process.version}, load ${loadavg()[0]?.toFixed(1) ?? ''}\n`);
for (const kind of wants('overhead') ? (['redis', 'postgres'] as const) : []) {
  const at = await stage(kind);
  const measured: { clock: number; computing: number }[] = [];
  for (let run = 0; run < (quick ? 1 : 5); run += 1) measured.push(await overhead(at, quick ? 100 : 1000));
  row(`ms a photo in the queue, ${kind}`, (Math.min(...measured.map(({ clock }) => clock)) * 1000).toFixed(2));
  row('… of computing in the worker', (Math.min(...measured.map(({ computing }) => computing)) * 1000).toFixed(2));
  await at.close();
}
if (wants('thousand')) {
  const redis = await stage('redis');
  const [machines, seconds, rounds] = quick ? [50, 0.2, 2] : [1000, 10, 3];
  row(`${machines} machines, ${seconds} s a photo: share of the ideal`, (await thousand(redis, machines, seconds, rounds)).toFixed(3));
  await redis.close();
}
if (wants('pinned')) {
  row('two pinned workers, share of two without a queue', (await pinnedShare(quick ? 12 : 60, quick ? 1 : 3)).toFixed(3));
  if (!quick) {
    const { begun, ended } = await recovery();
    row('a worker is killed: its photo is begun elsewhere after, s', begun.toFixed(1));
    row('… and finished, s', ended.toFixed(1));
  }
}
if (wants('waiting')) {
  const full = await stage('redis');
  await waiting(full);
  await full.close();
}
console.log(`\nload ${loadavg()[0]?.toFixed(1) ?? ''} at the end`);
