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
  close(): Promise<void>;
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
    close: async () => {
      isOpen = false;
      client.disconnect();
    },
  };
}

async function connectPostgres({ host, port, database, user, password, tls }: QueueAddress): Promise<Connection> {
  const [bullmq, { default: pg }] = await Promise.all([import('bullmq'), import('pg')]);
  const pool = new pg.Pool({
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
  });
  pool.on('error', () => undefined);
  const client = await pool.connect();
  try {
    await bullmq.runMigrations(client);
  } finally {
    client.release();
  }
  // Of another server, but with the same calls: those of the library's classes do not depend on it.
  const classes = bullmq.withBackend(bullmq.createPostgresBackend) as unknown as Pick<typeof bullmq, 'Queue' | 'Worker'>;
  const connection = pool as never;
  return {
    queue: (name) => silently(new classes.Queue(name, { connection })),
    worker: (name, processor, options) => silently(new classes.Worker(name, processor, { ...options, connection })),
    close: () => pool.end(),
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
