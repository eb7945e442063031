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
import { addressFrom, NetworkPlace } from './network-place.ts';
import { builtProgram, onestep, writePicture } from './programs.ts';
import { startServer, type QueueServer, type ServerKind } from './queue-servers.ts';

export interface ChaosSetting {
  /** An empty folder. */
  readonly folder: string;
  readonly kind: ServerKind;
  readonly photos: number;
  readonly workers: number;
  /** How often something is killed, stopped or cut. */
  readonly blows: number;
  readonly leaseSeconds: number;
  /** Workers in networks of their own, with process numbers and places of the folder of their own: for root, on Linux. */
  readonly apart: boolean;
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
/** In turn: few blows are of many kinds. */
const kinds = ['cut', 'worker', 'server', 'frozen', 'engine', 'worker', 'engine'] as const;
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
  const places = setting.apart ? Array.from({ length: setting.workers }, (_, index) => addressFrom(index)) : undefined;
  const server = await startServer(kind, places === undefined ? {} : { at: places });
  const env = server.env();
  await onestep(folder, ['fleet', 'init', 'nas', '--name', 'nas']);
  const added = await onestep(folder, ['fleet', 'add', 'nas/in', '--map', 'nas=nas', '--output', 'nas/out', ...twice], { env });
  if (added.status !== 0) throw new Error(added.error);
  const queue = new FleetQueue(await connectTo(server.address));
  const machines = await Promise.all(
    Array.from({ length: setting.workers }, (_, index) =>
      Machine.start({ folder, nas, server, leaseSeconds, index, apart: setting.apart }),
    ),
  );
  const done: Record<string, number> = {};
  const strike = async (blow: number): Promise<void> => {
    const machine = machines[Math.floor(random() * machines.length)];
    if (machine === undefined) return;
    const what = kinds[blow % kinds.length] ?? 'worker';
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
      await strike(blow);
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
    const last = await Machine.start({ folder, nas, server, leaseSeconds, index: 99, apart: false });
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
  readonly server: QueueServer;
  readonly leaseSeconds: number;
  readonly index: number;
  readonly apart: boolean;
}

/** A worker's program, with a cable of its own to the server, and a place of its own where it sees the folder. */
class Machine {
  readonly #setting: MachineSetting;
  /** With a place of its own, or without. */
  readonly #line: NetworkPlace | Cable;
  readonly #seen: string;
  #child: ChildProcess | null = null;
  #stopped = false;

  private constructor(setting: MachineSetting, line: NetworkPlace | Cable, seen: string) {
    this.#setting = setting;
    this.#line = line;
    this.#seen = seen;
  }

  static async start(setting: MachineSetting): Promise<Machine> {
    const { folder, nas, server, index, apart } = setting;
    const seen = join(folder, `seen-${index}`);
    if (apart) await mkdir(seen);
    else await symlink(nas, seen);
    const machine = new Machine(setting, apart ? new NetworkPlace(index) : await Cable.to(server.address.port), seen);
    machine.#start();
    return machine;
  }

  #start(): void {
    const { folder, nas, server, leaseSeconds, index } = this.#setting;
    const line = this.#line;
    const env = server.env(line instanceof NetworkPlace ? addressFrom(index) : undefined);
    if (line instanceof Cable) env.ONESTEP_QUEUE = env.ONESTEP_QUEUE?.replace(/:\d+/, `:${line.port}`);
    const name = ['--name', `m${index}`];
    const words = [process.execPath, builtProgram('cli.js'), 'worker', '--map', `nas=${this.#seen}`, '--provider', 'cpu', ...name] as const;
    const [program, ...rest] = line instanceof NetworkPlace ? line.words(nas, this.#seen, words) : words;
    this.#child = spawn(program, rest, {
      cwd: folder,
      env: {
        ...process.env,
        ...env,
        ONESTEP_MODELS: goldenFolder,
        ONESTEP_CACHE: join(folder, `.cache-${index}`),
        ONESTEP_FLEET_LEASE_SECONDS: String(leaseSeconds),
      },
      stdio: 'ignore',
    });
    // What has ended by itself, as a service would, is begun again.
    this.#child.once('exit', () => {
      if (!this.#stopped) setTimeout(() => this.#start(), 200);
    });
  }

  /** The number of the worker itself, here; in a place of its own it lies below what has put it there. */
  #worker(): number | null {
    const child = this.#child;
    if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return null;
    return this.#line instanceof NetworkPlace ? (childrenOf(child.pid)[0] ?? null) : child.pid;
  }

  #signal(signal: NodeJS.Signals): void {
    const worker = this.#worker();
    if (worker !== null) process.kill(worker, signal);
  }

  async killAndStart(): Promise<void> {
    const child = this.#child;
    if (child === null || this.#worker() === null) return;
    const gone = once(child, 'exit');
    this.#signal('SIGKILL');
    await gone;
  }

  killEngine(): void {
    for (const id of childrenOf(this.#worker() ?? 0)) if (commandOf(id).includes('engine-host')) process.kill(id, 'SIGKILL');
  }

  async freeze(seconds: number): Promise<void> {
    this.#signal('SIGSTOP');
    await wait(seconds * 1000);
    this.#signal('SIGCONT');
  }

  cut(seconds: number): void {
    this.#line.cut(seconds);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    const child = this.#child;
    if (child !== null && child.exitCode === null && child.signalCode === null) {
      const gone = once(child, 'exit');
      this.#signal('SIGCONT');
      this.#signal('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), 30_000);
      await gone;
      clearTimeout(timer);
    }
    this.#line.close();
  }
}

/** Processes whose parent is that one (proc_pid_stat(5): the parent stands two fields behind the name). */
function childrenOf(parent: number): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((id) => {
      const stat = readText(`/proc/${id}/stat`);
      return id > 0 && Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) === parent;
    });
}

const commandOf = (id: number): string => readText(`/proc/${id}/cmdline`);

function readText(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
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
