import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { chmod, chown, mkdtemp, rm, stat } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { QueueAddress } from '../../src/fleet/address.ts';

export interface QueueServer {
  readonly address: QueueAddress;
  /** As the command line takes it. */
  readonly url: string;
  readonly process: () => ChildProcess;
  /** Kills it without a word. */
  kill(): Promise<void>;
  /** Starts it again, on what it had on its disk. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

export type ServerKind = QueueAddress['kind'];

/** A real server of its own, on a port of its own, with its files in a temporary folder. */
export const startServer = (kind: ServerKind): Promise<QueueServer> => (kind === 'redis' ? startRedis() : startPostgres());

async function startRedis(): Promise<QueueServer> {
  const folder = await mkdtemp(join(tmpdir(), 'onestep-redis-'));
  const port = await freePort();
  const words = ['--port', String(port), '--dir', folder, '--save', '', '--appendonly', 'yes', '--maxmemory-policy', 'noeviction'];
  return serverOf('redis', port, folder, () => spawn('redis-server', words, { stdio: ['ignore', 'pipe', 'ignore'] }), /Ready to accept/);
}

async function startPostgres(): Promise<QueueServer> {
  const folder = await mkdtemp(join(tmpdir(), 'onestep-postgres-'));
  const port = await freePort();
  const asOwner = await ownerOf(folder);
  execFileSync(postgresProgram('initdb'), ['-D', folder, '-A', 'trust', '-U', 'onestep', '-N', '-E', 'UTF8', '--locale=C'], {
    ...asOwner,
    stdio: 'ignore',
  });
  const words = ['-D', folder, '-p', String(port), '-h', '127.0.0.1', '-k', folder];
  const start = () => spawn(postgresProgram('postgres'), words, { ...asOwner, stdio: ['ignore', 'ignore', 'pipe'] });
  const server = await serverOf('postgres', port, folder, start, /ready to accept connections/);
  const created = spawnSync(postgresProgram('createdb'), ['-h', '127.0.0.1', '-p', String(port), '-U', 'onestep', 'onestep']);
  if (created.status !== 0) throw new Error(created.stderr.toString());
  return server;
}

/** PostgreSQL refuses to run as root: then it runs as the user that its package made. */
async function ownerOf(folder: string): Promise<{ uid?: number; gid?: number }> {
  if (process.getuid?.() !== 0) return {};
  const { uid, gid } = await stat('/var/lib/postgresql');
  await chown(folder, uid, gid);
  await chmod(folder, 0o700);
  return { uid, gid };
}

/** Debian keeps its programs beside those of other versions. */
export function postgresProgram(name: string): string {
  const versions = '/usr/lib/postgresql';
  const found = (existsSync(versions) ? readdirSync(versions) : [])
    .map((version) => join(versions, version, 'bin', name))
    .filter(existsSync);
  return found.at(-1) ?? name;
}

async function serverOf(kind: ServerKind, port: number, folder: string, spawned: () => ChildProcess, ready: RegExp): Promise<QueueServer> {
  let child = spawned();
  const isReady = async (): Promise<void> => {
    const output = child.stdout ?? child.stderr;
    const gone = once(child, 'exit').then(() => null);
    for (let text = ''; !ready.test(text);) {
      const part = await Promise.race([once(output as NodeJS.ReadableStream, 'data').then(String), gone]);
      if (part === null) throw new Error(`${kind} did not start: ${text}`);
      text += part;
    }
    output?.resume();
  };
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill(signal);
    await gone;
  };
  await isReady();
  const user = kind === 'postgres' ? 'onestep' : undefined;
  return {
    address: { kind, host: '127.0.0.1', port, database: kind === 'redis' ? '0' : 'onestep', user, password: undefined, tls: null },
    url: kind === 'redis' ? `redis://127.0.0.1:${port}` : `postgres://127.0.0.1:${port}/onestep`,
    process: () => child,
    kill: () => end('SIGKILL'),
    start: async () => {
      child = spawned();
      await isReady();
    },
    stop: async () => {
      await end(kind === 'redis' ? 'SIGTERM' : 'SIGINT');
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}
