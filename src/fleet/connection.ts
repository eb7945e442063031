import type { Processor, Queue, Worker, WorkerOptions } from 'bullmq';
import { Problem } from '../shared/problem.ts';
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
const connectMilliseconds = 10_000;

/**
 * Connects to a server, and knows then that it answers. Later outages are waited for.
 * @throws Problem queue-not-reached
 */
export async function connectTo(address: QueueAddress): Promise<Connection> {
  try {
    return await (address.kind === 'redis' ? connectRedis(address) : connectPostgres(address));
  } catch (error) {
    throw queueProblem(error, address);
  }
}

async function connectRedis({ host, port, database, user, password, tls }: QueueAddress): Promise<Connection> {
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
    connectTimeout: connectMilliseconds,
    // A network that is cut says nothing: without it, hours pass before the system notices.
    keepAlive: 10_000,
    retryStrategy: (times) => (isOpen ? Math.min(times * 200, retryMilliseconds) : null),
  });
  client.on('error', () => undefined);
  await client.connect();
  isOpen = true;
  return {
    queue: (name) => silently(new Queue(name, { connection: client, skipVersionCheck: true })),
    worker: (name, processor, options) => silently(new Worker(name, processor, { ...options, connection: client, skipVersionCheck: true })),
    room: async () => roomIn(await client.info('memory')),
    close: async () => {
      isOpen = false;
      client.disconnect();
    },
  };
}

function roomIn(info: string): ServerRoom {
  const valueOf = (name: string): string => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1] ?? '';
  return { usedBytes: Number(valueOf('used_memory')), mostBytes: Number(valueOf('maxmemory')), whenFull: valueOf('maxmemory_policy') };
}

async function connectPostgres({ host, port, database, user, password, tls }: QueueAddress): Promise<Connection> {
  const [bullmq, { default: pg }] = await Promise.all([import('bullmq'), import('pg')]);
  const settings = {
    host,
    port,
    database,
    ...(user === undefined ? {} : { user }),
    ...(password === undefined ? {} : { password }),
    ...(tls === null ? {} : { ssl: tls.ca === undefined ? true : { ca: tls.ca } }),
    options: '-c search_path=bullmq',
    connectionTimeoutMillis: connectMilliseconds,
    keepAlive: true,
    max: 8,
  };
  const pool = silently(new pg.Pool(settings));
  // What a machine has done stands in the ledger: should the server lose its last moment, it is found there. Waiting for the disk
  // would cost as much as all the rest.
  const workersPool = silently(new pg.Pool({ ...settings, options: `${settings.options} -c synchronous_commit=off` }));
  const client = await pool.connect();
  try {
    await bullmq.runMigrations(client);
  } finally {
    client.release();
  }
  // Of another server, but with the same calls: those of the library's classes do not depend on it.
  const classes = bullmq.withBackend(bullmq.createPostgresBackend) as unknown as Pick<typeof bullmq, 'Queue' | 'Worker'>;
  return {
    queue: (name) => silently(new classes.Queue(name, { connection: pool as never })),
    worker: (name, processor, options) => silently(new classes.Worker(name, processor, { ...options, connection: workersPool as never })),
    room: () => Promise.resolve(null),
    close: async () => {
      await Promise.all([pool.end(), workersPool.end()]);
    },
  };
}

/** An outage is waited for; without a listener it would end the program. */
function silently<Emitter extends { on(event: 'error', listener: () => void): unknown }>(emitter: Emitter): Emitter {
  emitter.on('error', () => undefined);
  return emitter;
}

/** What a server's refusal means. */
function queueProblem(error: unknown, { host, port }: QueueAddress): Problem {
  const detail = error instanceof Error ? error.message : String(error);
  const place = `${host}:${port}`;
  return new Problem('queue-not-reached', sentence('fleet.queue.notReached', { place }), { detail, cause: error });
}

/** What an error of adding means: a server that is full takes nothing more until photos are done. */
export function addingProblem(error: unknown): Problem {
  const detail = error instanceof Error ? error.message : String(error);
  const isFull = /^OOM\b/.test(detail);
  return isFull
    ? new Problem('not-enough-memory', sentence('fleet.queue.full'), { detail, advice: sentence('fleet.queue.full.advice'), cause: error })
    : new Problem('queue-not-reached', sentence('problem.queue-not-reached'), { detail, cause: error });
}
