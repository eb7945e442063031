import { readFile, stat } from 'node:fs/promises';
import { Problem } from '../shared/problem.ts';
import { sentence, type Sentence } from '../shared/sentence.ts';

/** Where a queue is, and how one gets in. */
export interface QueueAddress {
  readonly kind: 'redis' | 'postgres';
  readonly host: string;
  readonly port: number;
  /** Of the database: a number for Redis, a name for PostgreSQL. */
  readonly database: string;
  readonly user: string | undefined;
  readonly password: string | undefined;
  /** Null: not encrypted, on this computer only. */
  readonly tls: { readonly ca: string | undefined } | null;
}

interface Scheme {
  readonly kind: QueueAddress['kind'];
  readonly tls: boolean;
  readonly port: number;
  readonly database: string;
}

const schemes: Readonly<Record<string, Scheme>> = {
  'redis:': { kind: 'redis', tls: false, port: 6379, database: '0' },
  'rediss:': { kind: 'redis', tls: true, port: 6379, database: '0' },
  'postgres:': { kind: 'postgres', tls: false, port: 5432, database: 'onestep' },
  'postgresql:': { kind: 'postgres', tls: false, port: 5432, database: 'onestep' },
};

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads `redis://host`, `rediss://host:6380/1` or `postgres://host/name`. Names and passwords come from `ONESTEP_QUEUE_USER` and
 * `ONESTEP_QUEUE_PASSWORD`, or a file of one's own that `ONESTEP_QUEUE_PASSWORD_FILE` names: what stands on a command line is seen by
 * everybody on the computer. `ONESTEP_QUEUE_CA` names the file of a certificate authority of one's own.
 * @throws Problem bad-request
 */
export async function readAddress(text: string, env: Environment = process.env): Promise<QueueAddress> {
  const { url, scheme } = parts(text);
  const password = set(env.ONESTEP_QUEUE_PASSWORD) ?? (await passwordOf(set(env.ONESTEP_QUEUE_PASSWORD_FILE)));
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const isHere = isLoopback(host);
  const tls = scheme.tls || (scheme.kind === 'postgres' && !isHere);
  if (!isHere && (!tls || password === undefined)) throw refused('fleet.queue.open');
  const ca = set(env.ONESTEP_QUEUE_CA);
  return {
    kind: scheme.kind,
    host,
    port: url.port === '' ? scheme.port : Number(url.port),
    database: url.pathname.slice(1) === '' ? scheme.database : decodeURIComponent(url.pathname.slice(1)),
    user: set(env.ONESTEP_QUEUE_USER),
    password,
    tls: tls ? { ca: ca === undefined ? undefined : await readFile(ca, 'utf8').catch(notReadable(ca)) } : null,
  };
}

function parts(text: string): { url: URL; scheme: Scheme } {
  const url = URL.canParse(text) ? new URL(text) : null;
  const scheme = schemes[url?.protocol ?? ''];
  if (url === null || scheme === undefined || url.hostname === '') throw refused('fleet.queue.address');
  if (url.username !== '' || url.password !== '') throw refused('fleet.queue.inArguments');
  return { url, scheme };
}

const isLoopback = (host: string): boolean => host === 'localhost' || host === '::1' || /^127(\.\d+){3}$/.test(host);

async function passwordOf(path: string | undefined): Promise<string | undefined> {
  if (path === undefined) return undefined;
  const file = await stat(path).catch(notReadable(path));
  if (process.platform !== 'win32' && (file.mode & 0o077) !== 0) throw refused('fleet.queue.openFile', { path });
  return (await readFile(path, 'utf8')).replace(/\r?\n$/, '');
}

const notReadable =
  (path: string) =>
  (error: unknown): never => {
    throw new Problem('not-readable', sentence('fleet.queue.file', { path }), { detail: String(error), cause: error });
  };

type Refusal = 'fleet.queue.address' | 'fleet.queue.inArguments' | 'fleet.queue.open' | 'fleet.queue.openFile';

const advice: Readonly<Record<Refusal, Sentence>> = {
  'fleet.queue.address': sentence('fleet.queue.address.advice'),
  'fleet.queue.inArguments': sentence('fleet.queue.inArguments.advice'),
  'fleet.queue.open': sentence('fleet.queue.open.advice'),
  'fleet.queue.openFile': sentence('fleet.queue.openFile.advice'),
};

const refused = (code: Refusal, values = {}): Problem => new Problem('bad-request', sentence(code, values), { advice: advice[code] });

const set = (value: string | undefined): string | undefined => (value === '' ? undefined : value);
