import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { connectTo } from '../../src/fleet/connection.ts';
import { FleetQueue } from '../../src/fleet/fleet-queue.ts';
import { goldenFolder } from '../support/golden.ts';
import { builtProgram, onestep, writePicture } from '../support/programs.ts';
import { startServer, type QueueServer } from '../support/queue-servers.ts';

const twice = ['--model', 'identity-x2', '--scale', '2'];

/** A program, and when it told of which event (seconds). */
interface Told {
  readonly child: ChildProcess;
  readonly times: Record<string, number[]>;
}

function start(folder: string, env: NodeJS.ProcessEnv, processor: number, words: readonly string[]): Told {
  const child = spawn(
    'taskset',
    ['-c', String(processor), process.execPath, builtProgram('cli.js'), ...words, '--provider', 'cpu', '--json'],
    {
      cwd: folder,
      env: { ...process.env, ...env, ONESTEP_MODELS: goldenFolder, ONESTEP_CACHE: join(folder, `.cache-${processor}`) },
      stdio: ['ignore', 'pipe', 'ignore'],
    },
  );
  const times: Told['times'] = {};
  createInterface({ input: child.stdout }).on('line', (line) => {
    const { event } = JSON.parse(line) as { event: string };
    (times[event] ??= []).push(performance.now() / 1000);
  });
  return { child, times };
}

const count = ({ times }: Told, event: string): number => times[event]?.length ?? 0;

async function until(isSo: () => boolean): Promise<number> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 20));
  return performance.now() / 1000;
}

async function end({ child }: Told, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill(signal);
  await gone;
}

/** Photos a second of each program, between the first and the last of which it told, together. */
function rateOf(programs: readonly Told[], event: string): number {
  const rates = programs.map(({ times }) => {
    const [first = 0, ...later] = times[event] ?? [];
    return later.length / Math.max(1e-3, (later.at(-1) ?? 0) - first);
  });
  return rates.reduce((sum, rate) => sum + rate, 0);
}

async function inFolder<Found>(work: (folder: string, server: QueueServer) => Promise<Found>): Promise<Found> {
  const folder = await mkdtemp(join(tmpdir(), 'onestep-bench-'));
  const server = await startServer('redis');
  try {
    await mkdir(join(folder, 'nas'));
    await onestep(folder, ['fleet', 'init', 'nas', '--name', 'nas']);
    return await work(folder, server);
  } finally {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * Two workers, each on a processor of its own, against two programs without a queue that have half of the photos each.
 * @returns the share of their photos a second that the workers do; the middle one of so many rounds
 */
export const pinnedShare = (photos: number, rounds: number): Promise<number> =>
  inFolder(async (folder, server) => {
    for (const [part, from] of [0, photos / 2].entries()) {
      await mkdir(join(folder, `nas/in/${part}`), { recursive: true });
      for (let index = 0; index < photos / 2; index += 1)
        await writePicture(join(folder, `nas/in/${part}`, `p${from + index}.png`), 1800, 1400);
    }
    const queue = new FleetQueue(await connectTo(server.address));
    const shares: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const output = (kind: string): string[] => ['--output', `nas/${kind}-${round}`];
      const alone = [0, 1].map((part) => start(folder, {}, part, ['enhance', `nas/in/${part}`, ...output(`alone${part}`), ...twice]));
      await until(() => alone.every((each) => count(each, 'done') === photos / 2));
      for (const each of alone) await end(each, 'SIGTERM');
      const env = server.env();
      await onestep(folder, ['fleet', 'add', 'nas/in', '--map', 'nas=nas', ...output('fleet'), ...twice], { env });
      // Both begin at once.
      await queue.pause();
      const workers = [0, 1].map((processor) => start(folder, env, processor, ['worker', '--map', 'nas=nas']));
      while ((await queue.status()).machines.length < 2) await new Promise((resolve) => setTimeout(resolve, 100));
      await queue.resume();
      await until(() => workers.reduce((sum, each) => sum + count(each, 'ended'), 0) === photos);
      for (const each of workers) await end(each, 'SIGTERM');
      shares.push(rateOf(workers, 'ended') / rateOf(alone, 'done'));
    }
    await queue.close();
    return shares.toSorted((a, b) => a - b)[Math.floor(rounds / 2)] ?? Number.NaN;
  });

/**
 * Seconds from the moment in which a worker is killed, with the lease of every fleet, until another one begins its photo and has
 * finished it.
 */
export const recovery = (): Promise<{ begun: number; ended: number }> =>
  inFolder(async (folder, server) => {
    await mkdir(join(folder, 'nas/in'));
    await writePicture(join(folder, 'nas/in/p.png'), 2000, 1500);
    const env = server.env();
    await onestep(folder, ['fleet', 'add', 'nas/in', '--map', 'nas=nas', '--output', 'nas/out', ...twice], { env });
    const first = start(folder, env, 0, ['worker', '--map', 'nas=nas']);
    await until(() => count(first, 'begun') === 1);
    const second = start(folder, env, 1, ['worker', '--map', 'nas=nas']);
    await end(first, 'SIGKILL');
    const killed = performance.now() / 1000;
    const begun = await until(() => count(second, 'begun') === 1);
    const ended = await until(() => count(second, 'ended') === 1);
    await end(second, 'SIGTERM');
    return { begun: begun - killed, ended: ended - killed };
  });
