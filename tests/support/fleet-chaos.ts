import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, readdir, readFile, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { connectTo } from '../../src/fleet/connection.ts';
import { FleetQueue } from '../../src/fleet/fleet-queue.ts';
import { Cable } from './cable.ts';
import { goldenFolder } from './golden.ts';
import { builtProgram, onestep, writePicture } from './programs.ts';
import { startServer, type ServerKind } from './queue-servers.ts';

export interface ChaosSetting {
  /** An empty folder. */
  readonly folder: string;
  readonly kind: ServerKind;
  readonly photos: number;
  readonly workers: number;
  /** How often something is killed, stopped or cut. */
  readonly blows: number;
  readonly leaseSeconds: number;
  /** The same number gives the same blows, at about the same times. */
  readonly seed: number;
  readonly say: (line: string) => void;
}

export interface ChaosOutcome {
  readonly blows: Readonly<Record<string, number>>;
  /** Names in the folder of results that should not be there, and photos without the result that one machine alone gives. */
  readonly odd: readonly string[];
  readonly wrong: readonly string[];
  readonly failed: readonly string[];
  readonly seconds: number;
}

const twice = ['--model', 'identity-x2', '--scale', '2', '--format', 'png'];
const latestSeconds = 1800;
const patienceSeconds = 10;

/**
 * A fleet of real programs that are killed, frozen and cut off while they work, and their queue too. What comes of it is compared
 * with what one machine alone gives.
 */
export async function chaos(setting: ChaosSetting): Promise<ChaosOutcome> {
  const { folder, kind, photos, blows, leaseSeconds, say } = setting;
  const began = performance.now();
  const random = randomOf(setting.seed);
  const nas = join(folder, 'nas');
  await mkdir(join(nas, 'in'), { recursive: true });
  const sizes = Array.from({ length: photos }, () => 40 + Math.floor(random() * 200));
  for (const [index, side] of sizes.entries()) await writePicture(join(nas, 'in', `p${index}.png`), side, side);
  await onestep(folder, ['enhance', 'nas/in', '--output', 'alone', '--provider', 'cpu', ...twice]);
  const server = await startServer(kind);
  const env = { ONESTEP_QUEUE: server.url, ...(kind === 'postgres' ? { ONESTEP_QUEUE_USER: 'onestep' } : {}) };
  await onestep(folder, ['fleet', 'init', 'nas', '--name', 'nas']);
  const added = await onestep(folder, ['fleet', 'add', 'nas/in', '--map', 'nas=nas', '--output', 'nas/out', ...twice], { env });
  if (added.status !== 0) throw new Error(added.error);
  const queue = new FleetQueue(await connectTo(server.address));
  const machines = await Promise.all(
    Array.from({ length: setting.workers }, (_, index) =>
      Machine.start({ folder, nas, env, leaseSeconds, index, port: server.address.port }),
    ),
  );
  const done: Record<string, number> = {};
  const strike = async (): Promise<void> => {
    const machine = machines[Math.floor(random() * machines.length)];
    if (machine === undefined) return;
    const kinds = ['worker', 'worker', 'engine', 'engine', 'server', 'frozen', 'cut'] as const;
    const what = kinds[Math.floor(random() * kinds.length)] ?? 'worker';
    done[what] = (done[what] ?? 0) + 1;
    if (what === 'worker') await machine.killAndStart();
    else if (what === 'engine') machine.killEngine();
    else if (what === 'frozen') void machine.freeze(leaseSeconds * (0.5 + random()));
    else if (what === 'cut') machine.cut(leaseSeconds * (0.5 + random()));
    else {
      await server.kill();
      await wait(random() * 1000);
      await server.start();
    }
  };
  try {
    for (let blow = 0; blow < blows && (await leftIn(queue)) > 0; blow += 1) {
      await wait(300 + random() * 1200);
      // Spread over the work: whoever is struck all the time never comes to it.
      const enough = photos * (1 - (blow + 1) / (blows + 1));
      for (const end = performance.now() + patienceSeconds * 1000; performance.now() < end && (await leftIn(queue)) > enough;)
        await wait(100);
      await strike();
    }
    say(
      `${Object.entries(done)
        .map(([name, count]) => `${name} ${count}`)
        .join(', ')}; ${await leftIn(queue)} photos left`,
    );
    while ((await leftIn(queue)) > 0 && performance.now() - began < latestSeconds * 1000) await wait(500);
    // The one that writes next sweeps what the dead have left.
    await writePicture(join(nas, 'in', 'last.png'), 50, 50);
    await onestep(folder, ['enhance', 'nas/in/last.png', '--output', 'alone', '--provider', 'cpu', ...twice]);
    for (const machine of machines) await machine.stop();
    const last = await Machine.start({ folder, nas, env, leaseSeconds, index: 99, port: server.address.port });
    await onestep(folder, ['fleet', 'add', 'nas/in', '--map', 'nas=nas', '--output', 'nas/out', ...twice], { env });
    while ((await leftIn(queue)) > 0 && performance.now() - began < latestSeconds * 1000) await wait(200);
    await last.stop();
    const failed: string[] = [];
    for await (const { source, problem } of queue.failed()) failed.push(`${source}: ${problem.message} ${problem.detail ?? ''}`);
    return {
      blows: done,
      failed,
      ...(await compared(join(folder, 'alone'), join(nas, 'out'))),
      seconds: (performance.now() - began) / 1000,
    };
  } finally {
    await queue.close();
    for (const machine of machines) await machine.stop();
    await server.stop();
  }
}

/** Asked again where the server has just been killed. */
async function leftIn(queue: FleetQueue): Promise<number> {
  for (let attempt = 0; attempt < 20; attempt += 1) {
    const left = await queue.left().catch(() => null);
    if (left !== null) return left;
    await wait(250);
  }
  throw new Error('the queue does not answer any more');
}

async function compared(alone: string, fleet: string): Promise<{ odd: string[]; wrong: string[] }> {
  const [wanted, found] = await Promise.all([readdir(alone), readdir(fleet)]);
  const wrong: string[] = [];
  for (const name of wanted) {
    const [a, b] = await Promise.all([readFile(join(alone, name)), readFile(join(fleet, name)).catch(() => Buffer.alloc(0))]);
    if (!a.equals(b)) wrong.push(name);
  }
  return { wrong, odd: found.filter((name) => !wanted.includes(name)) };
}

interface MachineSetting {
  readonly folder: string;
  readonly nas: string;
  readonly env: NodeJS.ProcessEnv;
  readonly leaseSeconds: number;
  readonly index: number;
  readonly port: number;
}

/** A worker's program, with a cable of its own to the server, and a place of its own where it sees the folder. */
class Machine {
  readonly #setting: MachineSetting;
  readonly #cable: Cable;
  readonly #seen: string;
  #child: ChildProcess | null = null;
  #stopped = false;

  private constructor(setting: MachineSetting, cable: Cable, seen: string) {
    this.#setting = setting;
    this.#cable = cable;
    this.#seen = seen;
  }

  static async start(setting: MachineSetting): Promise<Machine> {
    const seen = join(setting.folder, `seen-${setting.index}`);
    await symlink(setting.nas, seen);
    const machine = new Machine(setting, await Cable.to(setting.port), seen);
    machine.#start();
    return machine;
  }

  #start(): void {
    const { folder, env, leaseSeconds, index } = this.#setting;
    const address = (env.ONESTEP_QUEUE ?? '').replace(/:\d+/, `:${this.#cable.port}`);
    this.#child = spawn(
      process.execPath,
      [builtProgram('cli.js'), 'worker', '--map', `nas=${this.#seen}`, '--provider', 'cpu', '--name', `m${index}`],
      {
        cwd: folder,
        env: {
          ...process.env,
          ...env,
          ONESTEP_QUEUE: address,
          ONESTEP_MODELS: goldenFolder,
          ONESTEP_CACHE: join(folder, `.cache-${index}`),
          ONESTEP_FLEET_LEASE_SECONDS: String(leaseSeconds),
        },
        stdio: 'ignore',
      },
    );
    // What has ended by itself, as a service would, is begun again.
    this.#child.once('exit', () => {
      if (!this.#stopped) setTimeout(() => this.#start(), 200);
    });
  }

  async killAndStart(): Promise<void> {
    const child = this.#child;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  }

  killEngine(): void {
    for (const id of enginesOf(this.#child?.pid ?? 0)) process.kill(id, 'SIGKILL');
  }

  async freeze(seconds: number): Promise<void> {
    const child = this.#child;
    child?.kill('SIGSTOP');
    await wait(seconds * 1000);
    child?.kill('SIGCONT');
  }

  cut(seconds: number): void {
    this.#cable.cut(seconds);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    const child = this.#child;
    if (child !== null && child.exitCode === null && child.signalCode === null) {
      const gone = once(child, 'exit');
      child.kill('SIGCONT');
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), 30_000);
      await gone;
      clearTimeout(timer);
    }
    this.#cable.close();
  }
}

/** Engine processes whose parent is that one (proc_pid_stat(5): the parent stands two fields behind the name). */
function enginesOf(parent: number): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((id) => {
      try {
        const stat = readFileSync(`/proc/${id}/stat`, 'latin1');
        const isChild = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) === parent;
        return isChild && readFileSync(`/proc/${id}/cmdline`, 'latin1').includes('engine-host');
      } catch {
        return false;
      }
    });
}

/** Numbers in 0…1 that follow from the seed (mulberry32). */
function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
