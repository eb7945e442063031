import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { appendFile, chmod, chown, mkdtemp, rm, stat } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { QueueAddress } from '../../src/fleet/address.ts';

export interface QueueServer {
  readonly address: QueueAddress;
  /** As the command line takes it. */
  readonly url: string;
  /** What a program has to know of it, which reaches this computer by that address. */
  readonly env: (host?: string) => NodeJS.ProcessEnv;
  readonly process: () => ChildProcess;
  /** Kills it without a word. */
  kill(): Promise<void>;
  /** Starts it again, on what it had on its disk. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

export type ServerKind = QueueAddress['kind'];

interface ServerOptions {
  /** It is reached from other networks, at these addresses of this computer: encrypted, with a password. */
  readonly at?: readonly string[];
  /** More words for the server, as its own command line takes them. */
  readonly words?: readonly string[];
}

/** A real server of its own, on a port of its own, with its files in a temporary folder. */
export const startServer = (kind: ServerKind, options: ServerOptions = {}): Promise<QueueServer> =>
  kind === 'redis' ? startRedis(options) : startPostgres(options);

const password = 'a long word for trials';

/** A key and a certificate for these addresses; the paths of both. */
function certified(folder: string, addresses: readonly string[]): { key: string; certificate: string } {
  const [key, certificate] = [join(folder, 'queue.key'), join(folder, 'queue.crt')];
  const names = `subjectAltName=${['127.0.0.1', ...addresses].map((address) => `IP:${address}`).join(',')}`;
  const words = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-subj', '/CN=queue', '-addext', names];
  execFileSync('openssl', ['req', '-x509', ...words, '-keyout', key, '-out', certificate], { stdio: 'ignore' });
  return { key, certificate };
}

async function startRedis({ at, words: more = [] }: ServerOptions): Promise<QueueServer> {
  const folder = await mkdtemp(join(tmpdir(), 'onestep-redis-'));
  const port = await freePort();
  const tls = at === undefined ? null : certified(folder, at);
  const open = ['--tls-port', String(port), '--port', '0', '--tls-auth-clients', 'no', '--bind', '0.0.0.0', '--requirepass', password];
  const way = tls === null ? ['--port', String(port)] : [...open, '--tls-cert-file', tls.certificate, '--tls-key-file', tls.key];
  const words = [...way, '--dir', folder, '--save', '', '--appendonly', 'yes', '--maxmemory-policy', 'noeviction', ...more];
  const start = (): ChildProcess => spawn('redis-server', words, { stdio: ['ignore', 'pipe', 'ignore'] });
  return serverOf({ kind: 'redis', port, folder, certificate: tls?.certificate }, start, /Ready to accept/);
}

async function startPostgres({ at, words: more = [] }: ServerOptions): Promise<QueueServer> {
  const folder = await mkdtemp(join(tmpdir(), 'onestep-postgres-'));
  const port = await freePort();
  const asOwner = await ownerOf(folder);
  execFileSync(postgresProgram('initdb'), ['-D', folder, '-A', 'trust', '-U', 'onestep', '-N', '-E', 'UTF8', '--locale=C'], {
    ...asOwner,
    stdio: 'ignore',
  });
  const tls = at === undefined ? null : certified(folder, at);
  if (tls !== null) {
    await appendFile(join(folder, 'pg_hba.conf'), 'hostssl all all 10.0.0.0/8 scram-sha-256\n');
    for (const path of Object.values(tls)) if (asOwner.uid !== undefined) await chown(path, asOwner.uid, asOwner.gid ?? 0);
  }
  const open = tls === null ? [] : ['-c', 'ssl=on', '-c', `ssl_cert_file=${tls.certificate}`, '-c', `ssl_key_file=${tls.key}`];
  const words = ['-D', folder, '-p', String(port), '-h', tls === null ? '127.0.0.1' : '0.0.0.0', '-k', folder, ...open, ...more];
  const start = () => spawn(postgresProgram('postgres'), words, { ...asOwner, stdio: ['ignore', 'ignore', 'pipe'] });
  const server = await serverOf({ kind: 'postgres', port, folder, certificate: tls?.certificate }, start, /ready to accept connections/);
  const here = ['-h', '127.0.0.1', '-p', String(port), '-U', 'onestep'];
  for (const [program, ...last] of [
    ['createdb', 'onestep'],
    ['psql', '-c', `ALTER USER onestep PASSWORD '${password}'`, 'onestep'],
  ] as const) {
    const { status, stderr } = spawnSync(postgresProgram(program), [...here, ...last]);
    if (status !== 0) throw new Error(stderr.toString());
  }
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

interface Started {
  readonly kind: ServerKind;
  readonly port: number;
  readonly folder: string;
  /** Path; undefined where nothing is encrypted. */
  readonly certificate: string | undefined;
}

async function serverOf({ kind, port, folder, certificate }: Started, spawned: () => ChildProcess, ready: RegExp): Promise<QueueServer> {
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
  const isSafe = certificate !== undefined;
  const tls = isSafe ? { ca: readFileSync(certificate, 'utf8') } : null;
  const database = kind === 'redis' ? '0' : 'onestep';
  const urlAt = (host: string): string =>
    kind === 'redis' ? `redis${isSafe ? 's' : ''}://${host}:${port}` : `postgres://${host}:${port}/onestep`;
  return {
    address: { kind, host: '127.0.0.1', port, database, user, password: isSafe ? password : undefined, tls },
    url: urlAt('127.0.0.1'),
    env: (host = '127.0.0.1') => ({
      ONESTEP_QUEUE: urlAt(host),
      ...(user === undefined ? {} : { ONESTEP_QUEUE_USER: user }),
      ...(isSafe ? { ONESTEP_QUEUE_PASSWORD: password, ONESTEP_QUEUE_CA: certificate } : {}),
    }),
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

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}
