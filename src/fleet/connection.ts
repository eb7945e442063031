import type { Processor, Queue, Worker, WorkerOptions } from 'bullmq';
import { cancelled, Problem, throwIfCancelled } from '../shared/problem.ts';
import { sentence } from '../shared/sentence.ts';
import type { QueueAddress } from './address.ts';

/** Queues and workers on one server, Redis or PostgreSQL: what is done with them is the same. */
export interface Connection {
  queue<Content>(name: string): Queue<Content>;
  worker<Content, Result>(
    name: string,
    processor: Processor<Content, Result>,
    options: Omit<WorkerOptions, 'connection'>,
  ): Worker<Content, Result>;
  /** How much room the server has; null where it does not keep its jobs in memory. */
  room(): Promise<ServerRoom | null>;
  close(): Promise<void>;
  /** At once, whatever is under way. */
  drop(): void;
}

/** The memory of a server that keeps its jobs there. */
export interface ServerRoom {
  readonly usedBytes: number;
  /** 0: as much as its computer has. */
  readonly mostBytes: number;
  /** What it does when it is full: `noeviction` refuses more, all others forget something. */
  readonly whenFull: string;
}

/** A server that is not there is asked again after so long at most. */
const retryMilliseconds = 5000;
/** So long somebody waits in front of a window, and for each answer where outages are not waited for. */
const promptMilliseconds = 5000;

export interface ConnectOptions {
  /** Outages are told within seconds, for somebody waits; otherwise they are waited for, as by whoever works off the queue. */
  readonly prompt?: boolean;
  readonly signal?: AbortSignal;
}

/**
 * Connects to a server, and knows then that it answers: within 5 s.
 * @throws Problem queue-not-reached, queue-not-admitted; cancelled where the signal says so
 */
export async function connectTo(address: QueueAddress, { prompt = false, signal }: ConnectOptions = {}): Promise<Connection> {
  throwIfCancelled(signal);
  const opening = await (address.kind === 'redis' ? redisOf(address, prompt) : postgresOf(address, prompt));
  const late = AbortSignal.timeout(promptMilliseconds);
  const stopped = new Promise<never>((_, reject) => {
    late.addEventListener('abort', () => reject(new Error(`no answer within ${promptMilliseconds / 1000} s`)), { once: true });
    signal?.addEventListener('abort', () => reject(cancelled()), { once: true });
  });
  stopped.catch(() => undefined);
  try {
    const connected = opening.connect();
    connected.catch(() => undefined);
    await Promise.race([connected, stopped]);
  } catch (error) {
    opening.connection.drop();
    throw error instanceof Problem ? error : connectingProblem(error, address);
  }
  try {
    await opening.prepare();
  } catch (error) {
    opening.connection.drop();
    throw connectingProblem(error, address);
  }
  return opening.connection;
}

/** A connection that is yet to be made. */
interface Opening {
  readonly connection: Connection;
  readonly connect: () => Promise<unknown>;
  /** What the server needs once, and may take its time for. */
  readonly prepare: () => Promise<void>;
}

async function redisOf({ host, port, database, user, password, tls }: QueueAddress, prompt: boolean): Promise<Opening> {
  const [{ Queue, Worker }, { Redis }] = await Promise.all([import('bullmq'), import('ioredis')]);
  let isOpen = false;
  const client = new Redis({
    host,
    port,
    db: Number(database),
    ...(user === undefined ? {} : { username: user }),
    ...(password === undefined ? {} : { password }),
    ...(tls === null ? {} : { tls: tls.ca === undefined ? {} : { ca: tls.ca } }),
    lazyConnect: true,
    maxRetriesPerRequest: null,
    ...(prompt ? { commandTimeout: promptMilliseconds, enableOfflineQueue: false, autoResendUnfulfilledCommands: false } : {}),
    connectTimeout: promptMilliseconds,
    // A network that is cut says nothing: without it, hours pass before the system notices.
    keepAlive: 10_000,
    retryStrategy: (times) => (isOpen && !prompt ? Math.min(times * 200, retryMilliseconds) : null),
  });
  // What the first connection fails with says more than that it failed.
  let refusal: unknown = null;
  client.on('error', (error: unknown) => (refusal ??= error));
  const drop = (): void => {
    isOpen = false;
    client.disconnect();
  };
  return {
    connect: async () => {
      await client.connect().catch((error: unknown) => {
        throw refusal ?? error;
      });
      isOpen = true;
    },
    prepare: () => Promise.resolve(),
    connection: {
      queue: (name) => silently(new Queue(name, { connection: client, skipVersionCheck: true })),
      worker: (name, processor, options) =>
        silently(new Worker(name, processor, { ...options, connection: client, skipVersionCheck: true })),
      room: async () => roomIn(await client.info('memory')),
      close: async () => {
        drop();
      },
      drop,
    },
  };
}

function roomIn(info: string): ServerRoom {
  const valueOf = (name: string): string => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1] ?? '';
  return { usedBytes: Number(valueOf('used_memory')), mostBytes: Number(valueOf('maxmemory')), whenFull: valueOf('maxmemory_policy') };
}

async function postgresOf({ host, port, database, user, password, tls }: QueueAddress, prompt: boolean): Promise<Opening> {
  const [bullmq, { default: pg }] = await Promise.all([import('bullmq'), import('pg')]);
  const settings = {
    host,
    port,
    database,
    ...(user === undefined ? {} : { user }),
    ...(password === undefined ? {} : { password }),
    ...(tls === null ? {} : { ssl: tls.ca === undefined ? true : { ca: tls.ca } }),
    ...(prompt ? { query_timeout: promptMilliseconds } : {}),
    options: '-c search_path=bullmq',
    connectionTimeoutMillis: promptMilliseconds,
    keepAlive: true,
    max: 8,
  };
  const pool = silently(new pg.Pool(settings));
  // What a machine has done stands in the ledger: should the server lose its last moment, it is found there. Waiting for the disk
  // would cost as much as all the rest.
  const workersPool = silently(new pg.Pool({ ...settings, options: `${settings.options} -c synchronous_commit=off` }));
  const close = async (): Promise<void> => {
    await Promise.all([pool.end(), workersPool.end()]);
  };
  // Of another server, but with the same calls: those of the library's classes do not depend on it.
  const classes = bullmq.withBackend(bullmq.createPostgresBackend) as unknown as Pick<typeof bullmq, 'Queue' | 'Worker'>;
  return {
    connect: async () => {
      (await pool.connect()).release();
    },
    prepare: async () => {
      const client = await pool.connect();
      try {
        await bullmq.runMigrations(client);
      } finally {
        client.release();
      }
    },
    connection: {
      queue: (name) => silently(new classes.Queue(name, { connection: pool })),
      worker: (name, processor, options) => silently(new classes.Worker(name, processor, { ...options, connection: workersPool })),
      room: () => Promise.resolve(null),
      close,
      drop: () => void close().catch(() => undefined),
    },
  };
}

/** An outage is waited for; without a listener it would end the program. */
function silently<Emitter extends { on(event: 'error', listener: () => void): unknown }>(emitter: Emitter): Emitter {
  emitter.on('error', () => undefined);
  return emitter;
}

type Reason = 'unknownHost' | 'notAdmitted' | 'certificate';
/** Codes by which Node, OpenSSL and the servers say why there is no connection. */
const codes: Readonly<Record<Reason, readonly string[]>> = {
  unknownHost: ['ENOTFOUND', 'EAI_AGAIN', 'EAI_NONAME'],
  notAdmitted: ['WRONGPASS', 'NOAUTH', 'NOPERM', '28P01', '28000', '42501'],
  certificate: [
    ...['DEPTH_ZERO_SELF_SIGNED_CERT', 'SELF_SIGNED_CERT_IN_CHAIN', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
    ...['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'ERR_TLS_CERT_ALTNAME_INVALID', 'CERT_HAS_EXPIRED'],
  ],
};
const reasons = ['unknownHost', 'notAdmitted', 'certificate'] as const;

/** What a server's refusal means. */
function connectingProblem(error: unknown, { host, port }: QueueAddress): Problem {
  const detail = detailOf(error);
  // A reply of Redis begins with its code.
  const said = [(error as { readonly code?: unknown }).code, /^[A-Z]+/.exec(detail)?.[0]];
  const reason = reasons.find((each) => codes[each].some((code) => said.includes(code)));
  const place = `${host}:${port}`;
  const more = { detail, cause: error };
  if (reason === 'notAdmitted') return new Problem('queue-not-admitted', sentence('fleet.queue.notAdmitted', { place }), more);
  if (reason === undefined) return new Problem('queue-not-reached', sentence('fleet.queue.notReached', { place }), more);
  const advice = sentence(reason === 'certificate' ? 'fleet.queue.certificate.advice' : 'fleet.queue.unknownHost.advice');
  return new Problem('queue-not-reached', sentence(`fleet.queue.${reason}`, { place, host }), { ...more, advice });
}

/** What an error of a call means that is none of ours: the connection was lost, or the server refuses. */
export const lostProblem = (error: unknown): Problem =>
  error instanceof Problem
    ? error
    : new Problem('queue-not-reached', sentence('fleet.queue.lost'), { detail: detailOf(error), cause: error });

const detailOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** What an error of adding means: a server that is full takes nothing more until photos are done. */
export function addingProblem(error: unknown): Problem {
  const detail = detailOf(error);
  const isFull = /^OOM\b/.test(detail);
  return isFull
    ? new Problem('not-enough-memory', sentence('fleet.queue.full'), { detail, advice: sentence('fleet.queue.full.advice'), cause: error })
    : new Problem('queue-not-reached', sentence('problem.queue-not-reached'), { detail, cause: error });
}
