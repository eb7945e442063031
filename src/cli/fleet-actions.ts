import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { jobEngine } from '../app/jobs/job-run.ts';
import { isLoss } from '../app/left-out.ts';
import type { SupervisedEngine } from '../app/supervised-engine.ts';
import type { AddEvent } from '../fleet/add-photos.ts';
import { Fleet } from '../fleet/fleet.ts';
import { markRoot, Roots } from '../fleet/roots.ts';
import { fetchModel } from '../fleet/shared-models.ts';
import { FleetWorker, type WorkerEvent } from '../fleet/worker.ts';
import { isHeard, type FleetStatus } from '../shared/fleet.ts';
import { optionsSchema, type Options } from '../shared/options.ts';
import { Problem } from '../shared/problem.ts';
import { english, inEnglish } from '../shared/sentence.ts';
import { exitStatus, watchInterrupts, type Shell } from './shell.ts';
import { photosInWords, printable, secondsInWords, table } from './words.ts';

/** Where the queue is, and the shared folders of this computer by their names. */
export interface FleetFlags {
  readonly queue?: string;
  readonly map?: Readonly<Record<string, string>>;
  readonly json?: boolean;
}

export interface AddFlags extends FleetFlags {
  readonly verify?: boolean;
}

export interface WorkerFlags extends FleetFlags {
  readonly jobs: number;
  readonly name?: string;
  readonly provider?: string;
  readonly tile?: string;
}

/** A queue that is not there when a worker starts, as after a power cut, is looked for so often. */
const connectEverySeconds = 5;
const warnEverySeconds = 60;

export async function initRoot(folder: string, name: string, { streams }: Shell): Promise<number> {
  const root = await markRoot(resolve(folder), name);
  streams.out(
    `${printable(root.folder)} is the shared folder “${root.name}” now. Other computers reach it with --map ${root.name}=<folder>.\n`,
  );
  return exitStatus.allDone;
}

export async function addToFleet(folder: string, options: Options, flags: AddFlags, shell: Shell): Promise<number> {
  const { engine, streams } = shell;
  const fleet = await reach(flags);
  const say = (line: string): void => {
    streams.error(`${line}\n`);
  };
  const warn = warner(fleet, shell);
  await warn();
  const interrupts = watchInterrupts(engine, { say });
  const losses = { count: 0 };
  try {
    const tell = (event: AddEvent): void => {
      if (event.event === 'found') losses.count = event.leftOut.filter(isLoss).length;
      tellAdding(event, flags, shell);
      if (event.event === 'added') void warn();
    };
    const how = { engine: jobEngine(engine), verify: flags.verify, signal: interrupts.signal, tell };
    const added = await fleet.addFolder({ folder }, options, how);
    const { batch, found, done, skipped, failed } = added;
    if (flags.json === true) streams.out(`${JSON.stringify({ event: 'end', ...added })}\n`);
    else {
      const others = [
        ...(done > 0 ? [`${done} done before`] : []),
        ...(skipped > 0 ? [`${skipped} skipped`] : []),
        ...(failed > 0 ? [`${failed} failed`] : []),
      ];
      streams.out(`${[`${photosInWords(added.added)} in the queue`, ...others].join(', ')}. This is batch ${batch}.\n`);
    }
    if (interrupts.signal.aborted) return exitStatus.interrupted;
    if (found === failed) return exitStatus.nothingDone;
    return failed + losses.count > 0 ? exitStatus.someFailed : exitStatus.allDone;
  } finally {
    interrupts.stop();
    await fleet.close();
  }
}

function tellAdding(event: AddEvent, { json = false }: FleetFlags, { streams }: Shell): void {
  if (json) {
    streams.out(`${JSON.stringify(event, inEnglish)}\n`);
    return;
  }
  if (event.event === 'found') {
    for (const { path, message } of event.leftOut) streams.error(`${printable(path)}: left out. ${english.tell(message)}\n`);
    streams.out(`${photosInWords(event.photos)} found.\n`);
  } else if (event.event === 'skipped') streams.out(`${printable(event.source)}: skipped. ${english.tell(event.reason)}\n`);
  else if (event.event === 'failed') streams.error(`${printable(event.source)}: ${event.problem.message} ${event.problem.advice}\n`);
}

export async function tellStatus(flags: FleetFlags, { streams }: Shell): Promise<number> {
  const [status, warnings] = await withFleet(flags, ({ queue }) => Promise.all([queue.status(), queue.warnings()]));
  const told = warnings.map((warning) => english.tell(warning));
  const lines = (): string[] => [...describeStatus(status), ...(told.length > 0 ? ['', ...told] : [])];
  streams.out(flags.json === true ? `${JSON.stringify({ ...status, warnings: told }, null, 2)}\n` : `${lines().join('\n')}\n`);
  return exitStatus.allDone;
}

function describeStatus({ paused, waiting, running, failed, secondsLeft, machines, batches, photos }: FleetStatus): string[] {
  const left = secondsLeft === null || waiting + running === 0 ? '' : `, about ${secondsInWords(secondsLeft)} left`;
  const lines = [`${photosInWords(waiting)} waiting, ${running} at work, ${failed} failed${left}${paused ? '. Paused' : ''}.`];
  const heard = machines.map((machine) => [
    printable(machine.name),
    isHeard(machine)
      ? machine.drained
        ? `${machine.state}, drained`
        : machine.state
      : `silent for ${secondsInWords((Date.now() - machine.seen) / 1000)}`,
    machine.device,
    `${machine.done} done`,
    `${machine.megapixelsPerSecond.toFixed(1)} MP/s`,
    printable(machine.photos.join(', ')),
  ]);
  if (heard.length > 0) lines.push('', ...table([['computer', 'state', 'device', 'photos', 'speed', 'at work on'], ...heard], [3, 4]));
  for (const { name, fault } of machines) if (fault !== null) lines.push(`  ${printable(name)}: ${printable(fault)}`);
  const working = photos.map(({ source, machine, fraction }) => [printable(source), printable(machine), `${Math.floor(fraction * 100)} %`]);
  if (working.length > 0) lines.push('', ...table([['photo', 'on', 'done'], ...working], [2]));
  for (const batch of batches)
    lines.push(
      '',
      `Batch ${batch.batch}: ${photosInWords(batch.photos)} of ${printable(batch.folder)}${batch.cancelled ? ', cancelled' : ''}.`,
    );
  return lines;
}

export async function pauseFleet(pause: boolean, flags: FleetFlags, { streams }: Shell): Promise<number> {
  await withFleet(flags, (fleet) => (pause ? fleet.pause() : fleet.resume()));
  streams.out(pause ? 'Paused: what is at work is finished, nothing else is begun.\n' : 'The fleet goes on.\n');
  return exitStatus.allDone;
}

export async function drainMachine(machine: string, drain: boolean, flags: FleetFlags, { streams }: Shell): Promise<number> {
  await withFleet(flags, (fleet) => fleet.drain(machine, drain));
  const name = printable(machine);
  streams.out(drain ? `${name} finishes its photo, then pauses.\n` : `${name} is working again.\n`);
  return exitStatus.allDone;
}

export async function cancelPhotos(batch: string | null, flags: FleetFlags, { streams }: Shell): Promise<number> {
  const cancelled = await withFleet(flags, (fleet) => fleet.cancel(batch));
  streams.out(
    flags.json === true
      ? `${JSON.stringify({ cancelled })}\n`
      : `${photosInWords(cancelled)} no longer ${cancelled === 1 ? 'waits' : 'wait'}.\n`,
  );
  return exitStatus.allDone;
}

export async function listFailed(flags: FleetFlags, { streams }: Shell): Promise<number> {
  await withFleet(flags, async ({ queue }) => {
    for await (const failed of queue.failed()) {
      const { id, source, machine, problem } = failed;
      const line = `${printable(source)}: ${printable(problem.message)} ${printable(problem.advice)} (${id}, on ${printable(machine)})`;
      streams.out(flags.json === true ? `${JSON.stringify(failed)}\n` : `${line}\n`);
    }
  });
  return exitStatus.allDone;
}

export async function retryFailed(ids: readonly string[], flags: FleetFlags, { streams }: Shell): Promise<number> {
  const retried = await withFleet(flags, (fleet) => fleet.retry(ids.length === 0 ? null : ids));
  streams.out(flags.json === true ? `${JSON.stringify({ retried })}\n` : `${photosInWords(retried)} once more in the queue.\n`);
  return retried < ids.length ? exitStatus.someFailed : exitStatus.allDone;
}

export async function work(flags: WorkerFlags, shell: Shell): Promise<number> {
  const { engine, streams, installation } = shell;
  const own = optionsSchema.parse({
    ...(flags.provider === undefined ? {} : { provider: flags.provider }),
    ...(flags.tile === undefined ? {} : { tile: Number(flags.tile) }),
  });
  const roots = await Roots.open(folders(flags));
  const fleet = await waitForFleet(flags, shell);
  const warn = warner(fleet, shell);
  await warn();
  const warning = setInterval(() => void warn(), warnEverySeconds * 1000);
  const engines = [engine, ...Array.from({ length: flags.jobs - 1 }, () => installation.openEngine())];
  const worker = new FleetWorker({
    queue: fleet.queue,
    roots,
    own,
    engines: engines.map(jobEngine),
    name: flags.name ?? hostname(),
    version: installation.version,
    // For trials, which cannot wait for a minute.
    leaseSeconds: Number(process.env.ONESTEP_FLEET_LEASE_SECONDS) || undefined,
    fetchModel: async (id, manifest) => {
      const isThere = await fetchModel(roots.all, installation.modelsFolder, id, manifest);
      if (isThere) for (const each of engines) await each.models.reload();
      return isThere;
    },
    tell: (event) => {
      if (flags.json === true) streams.out(`${JSON.stringify(event, inEnglish)}\n`);
      else tellWork(event, shell);
    },
  });
  const interrupts = leaveOnSignal(worker, engines, shell);
  streams.error('Working for the fleet. Ctrl-C finishes the photo at work and leaves.\n');
  try {
    await worker.run();
    await interrupts.left;
  } finally {
    clearInterval(warning);
    interrupts.stop();
    await fleet.close();
    for (const each of engines.slice(1)) await each.close();
  }
  return exitStatus.allDone;
}

function tellWork(event: WorkerEvent, { streams }: Shell): void {
  if (event.event === 'begun') return;
  if (event.event === 'resumed') streams.out('Working again.\n');
  else if (event.event === 'ended')
    streams.out(`${printable(event.source)} → ${printable(event.destination)}: ${event.state}, ${secondsInWords(event.seconds)}\n`);
  else {
    const then =
      event.event === 'put-back'
        ? ` The photo waits for another computer${event.pausedSeconds === 0 ? '' : `; this one pauses for ${secondsInWords(event.pausedSeconds)}`}.`
        : '';
    streams.error(`${printable(event.source)}: ${printable(event.problem.message)} ${printable(event.problem.advice)}${then}\n`);
  }
}

/** The first signal finishes what is at work, the second one puts it back, the third one ends everything at once. */
function leaveOnSignal(worker: FleetWorker, engines: readonly SupervisedEngine[], { streams }: Shell) {
  let asked = 0;
  let left: Promise<void> = Promise.resolve();
  const leave = (): void => {
    asked += 1;
    if (asked > 2) {
      void Promise.all(engines.map((engine) => engine.kill())).finally(() => process.exit(exitStatus.interrupted));
      return;
    }
    streams.error(
      asked === 1 ? 'Leaving when the photo at work is done; once more to put it back.\n' : 'The photo goes back to the queue.\n',
    );
    left = worker.leave({ now: asked === 2 });
  };
  const signals: NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  for (const signal of signals) process.on(signal, leave);
  return {
    get left(): Promise<void> {
      return left;
    },
    stop: (): void => {
      for (const signal of signals) process.off(signal, leave);
    },
  };
}

/** Tells what is wrong with the server, each trouble once, whenever it is asked to. */
function warner({ queue }: Fleet, { streams }: Shell): () => Promise<void> {
  const told = new Set<string>();
  return async () => {
    for (const warning of await queue.warnings().catch(() => [])) {
      if (!told.has(warning.code)) streams.error(`${english.tell(warning)}\n`);
      told.add(warning.code);
    }
  };
}

const folders = ({ map = {} }: FleetFlags): Record<string, string> =>
  Object.fromEntries(Object.entries(map).map(([name, folder]) => [name, resolve(folder)]));

const reach = (flags: FleetFlags, prompt = false): Promise<Fleet> =>
  Fleet.reach({ queue: flags.queue ?? process.env.ONESTEP_QUEUE ?? '', env: process.env, mapped: folders(flags) }, { prompt });

async function withFleet<Answer>(flags: FleetFlags, ask: (fleet: Fleet) => Promise<Answer>): Promise<Answer> {
  const fleet = await reach(flags, true);
  try {
    return await ask(fleet);
  } finally {
    await fleet.close();
  }
}

/** A service starts when its computer does, maybe before the server: it waits. A password that is wrong is not waited for. */
async function waitForFleet(flags: FleetFlags, { streams }: Shell): Promise<Fleet> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await reach(flags);
    } catch (error) {
      if (!(error instanceof Problem && error.code === 'queue-not-reached')) throw error;
      if (attempt === 1) streams.error(`${error.message} It is looked for every ${connectEverySeconds} s.\n`);
      await wait(connectEverySeconds * 1000);
    }
  }
}
