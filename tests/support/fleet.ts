import { link, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import type { JobEngine } from '../../src/app/jobs/job-run.ts';
import { addPhotos, type AddEvent, type Added } from '../../src/fleet/add-photos.ts';
import { connectTo } from '../../src/fleet/connection.ts';
import { FleetQueue } from '../../src/fleet/fleet-queue.ts';
import { readLedger, type LedgerRecord } from '../../src/fleet/ledger.ts';
import { markRoot, Roots } from '../../src/fleet/roots.ts';
import { FleetWorker, type WorkerEvent } from '../../src/fleet/worker.ts';
import type { JobReport, ModelSummary, Plan } from '../../src/shared/engine-protocol.ts';
import { defaultOptions, type Options } from '../../src/shared/options.ts';
import { cancelled, Problem } from '../../src/shared/problem.ts';
import { sentence, told } from '../../src/shared/sentence.ts';
import type { QueueServer } from './queue-servers.ts';

const mark = 'a result of ';

/** An engine that needs no pictures: a result is the name of its photo, marked. It can be slow, or fail as it is told to. */
export class ScriptedEngine implements JobEngine {
  /** Photos that were enhanced, as often as they were. */
  readonly enhanced: string[] = [];
  milliseconds = 0;
  problem: ((source: string) => Problem | null) | null = null;
  installed: ModelSummary[] = [];

  models = (): Promise<ModelSummary[]> => Promise.resolve(this.installed);
  isResult = async (path: string): Promise<boolean> => (await readFile(path, 'utf8').catch(() => '')).startsWith(mark);

  plan: JobEngine['plan'] = async ({ source, options, destination, skipResults }) => {
    const size = (await stat(source)).size;
    const skip = skipResults === true && (await this.isResult(source)) ? sentence('skip.result') : null;
    const output = destination ?? join(options.output ?? dirname(source), basename(source).replace('.', '_2x.'));
    const photo = { width: 1000, height: 1000 } as Plan['photo'];
    const facts = {
      width: 1000,
      height: 1000 * Math.max(1, size),
      rule: told(''),
      format: 'jpeg',
      estimatedSeconds: 1,
      estimatedBytes: 1,
    } as const;
    return { photo, ...facts, passes: this.installed.map(({ id }) => ({ model: id, scale: 2, width: 1, height: 1 })), output, skip };
  };

  enhance: JobEngine['enhance'] = async ({ source, destination = '' }, { signal } = {}) => {
    for (const end = performance.now() + this.milliseconds; performance.now() < end; await wait(20)) {
      if (signal?.aborted === true) throw cancelled();
    }
    const problem = this.problem?.(source) ?? null;
    if (problem !== null) throw problem;
    await mkdir(dirname(destination), { recursive: true });
    const temporary = `${destination}.${Math.random()}`;
    await writeFile(temporary, mark + basename(source));
    try {
      await link(temporary, destination);
    } catch {
      throw new Problem('already-exists', told('there'));
    } finally {
      await rm(temporary);
    }
    this.enhanced.push(source);
    return { source, status: 'done', output: destination, kept: [], converted: [], lost: [], notices: [] } as unknown as JobReport;
  };
}

export interface Machine {
  readonly engine: ScriptedEngine;
  readonly events: WorkerEvent[];
  readonly worker: FleetWorker;
  readonly ran: Promise<void>;
}

/** A fleet on one computer: a shared folder, a queue that is empty, and as many machines as a test wants. */
export class TestFleet {
  readonly folder: string;
  readonly server: QueueServer;
  readonly queue: FleetQueue;
  readonly #closing: (() => Promise<void>)[] = [];

  private constructor(folder: string, server: QueueServer, queue: FleetQueue) {
    this.folder = folder;
    this.server = server;
    this.queue = queue;
    this.#closing.push(() => queue.close());
  }

  static async open(folder: string, server: QueueServer): Promise<TestFleet> {
    await mkdir(join(folder, 'nas'));
    await markRoot(join(folder, 'nas'), 'nas');
    const fleet = new TestFleet(folder, server, new FleetQueue(await connectTo(server.address)));
    onTestFinished(() => fleet.#close());
    return fleet;
  }

  get root(): string {
    return join(this.folder, 'nas');
  }

  /** Writes so many photos into a folder of the root. */
  async photos(count: number, under = 'in'): Promise<string[]> {
    await mkdir(join(this.root, under), { recursive: true });
    const paths = Array.from({ length: count }, (_, index) => join(this.root, under, `p${index}.jpg`));
    for (const path of paths) await writeFile(path, basename(path));
    return paths;
  }

  async add(
    under = 'in',
    { options = {}, engine = new ScriptedEngine(), mapped = this.root, events = [] as AddEvent[], verify = false } = {},
  ): Promise<Added> {
    return addPhotos(
      { folder: join(mapped, under) },
      { ...defaultOptions, ...(options as Partial<Options>) },
      {
        queue: this.queue,
        roots: await Roots.open({ nas: mapped }),
        engine,
        publishModel: async () => undefined,
        verify,
        signal: new AbortController().signal,
        tell: (event) => events.push(event),
      },
    );
  }

  /** All that stands in the ledgers beside the results. */
  async ledger(): Promise<LedgerRecord[]> {
    const [root] = (await Roots.open({ nas: this.root })).all;
    const batches = await readdir(join(this.root, '.onestep/fleet'));
    const read = await Promise.all(batches.map(async (batch) => (root === undefined ? [] : [...(await readLedger(root, batch)).values()])));
    return read.flat(2);
  }

  /** A machine that sees the shared folder at `mapped`, at work until the test is over. */
  async machine(
    name: string,
    { mapped = this.root, engine = new ScriptedEngine(), setting = {} as Partial<ConstructorParameters<typeof FleetWorker>[0]> } = {},
  ): Promise<Machine> {
    const events: WorkerEvent[] = [];
    const queue = new FleetQueue(await connectTo(this.server.address));
    const worker = new FleetWorker({
      queue,
      roots: await Roots.open({ nas: mapped }),
      engines: [engine],
      own: { provider: 'cpu', tile: 0 },
      fetchModel: () => Promise.resolve(false),
      name,
      version: '0.0.0',
      tell: (event) => events.push(event),
      ...setting,
    });
    const ran = worker.run();
    this.#closing.unshift(async () => {
      await worker.leave({ now: true });
      await ran;
      await queue.close();
    });
    return { engine, events, worker, ran };
  }

  async #close(): Promise<void> {
    for (const close of this.#closing) await close();
    this.#closing.length = 0;
  }
}

/** Empties the queues of a server. */
export async function emptied(server: QueueServer): Promise<void> {
  const connection = await connectTo(server.address);
  for (const name of ['onestep', 'onestep-notes']) {
    const queue = connection.queue(name);
    await queue.obliterate({ force: true });
    await queue.close();
  }
  await connection.close();
}
