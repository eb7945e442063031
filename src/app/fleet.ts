import { chmod, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  fleetWaySchema,
  type FleetAdded,
  type FleetAdding,
  type FleetForm,
  type FleetView,
  type FleetWay,
  type SharedFolder,
} from '../shared/fleet.ts';
import type { Options } from '../shared/options.ts';
import { cancelled, Problem } from '../shared/problem.ts';
import { sentence } from '../shared/sentence.ts';
import type { FoundPhoto } from './collect-photos.ts';
import type { JobEngine } from './jobs/job-run.ts';

/** A fleet whose queue answers. Every call rejects with a Problem; `queue-not-reached` where that is over. */
export interface ReachedFleet {
  view(): Promise<FleetView>;
  add(
    photos: readonly FoundPhoto[],
    options: Options,
    how: { readonly engine: JobEngine; readonly signal: AbortSignal; readonly tell: (progress: FleetAdding) => void },
  ): Promise<FleetAdded>;
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** @param batch null: all */
  cancel(batch: string | null): Promise<number>;
  /** @param ids null: all that failed */
  retry(ids: readonly string[] | null): Promise<number>;
  drain(machine: string, drained: boolean): Promise<void>;
  /** At once, whatever is under way. */
  drop(): void;
}

/** What is above this folder, and is loaded when somebody asks for a fleet: who has one computer never loads it. */
export interface FleetProgram {
  /** @throws Problem within seconds */
  reach(way: FleetWay, password: string, signal: AbortSignal): Promise<ReachedFleet>;
  /** What the machines of a fleet call a folder; null for one that is not shared. */
  nameOf(folder: string): Promise<string | null>;
  /** Makes sure that a folder is shared under its name, and makes it so where it is new. */
  share(folder: SharedFolder): Promise<void>;
}

export interface FleetOptions {
  readonly load: () => Promise<FleetProgram>;
  /** Holds the password, in a file of its own. */
  readonly folder: string;
  readonly way: () => FleetWay | null;
  readonly onWay: (way: FleetWay | null) => void;
  readonly engine: JobEngine;
  readonly onAdding: (progress: FleetAdding | null) => void;
}

/** This installation's fleet, if it is connected to one. Nothing is loaded, and nobody asked, before somebody wants to know. */
export class FleetMembership {
  readonly #options: FleetOptions;
  #reaching: Promise<ReachedFleet> | null = null;
  #connecting: AbortController | null = null;
  /** Stops whoever looks for the fleet again: not a person's connecting, which may go on beside it. */
  #looking: AbortController | null = null;
  #adding: AbortController | null = null;

  constructor(options: FleetOptions) {
    this.#options = options;
  }

  /**
   * Reaches a fleet, makes sure of its folders, and only then remembers it.
   * @throws Problem bad-request, queue-not-reached, queue-not-admitted, as `FleetProgram.share` does, cancelled
   */
  async connect({ folders, password: given, ...form }: FleetForm): Promise<void> {
    const roots = Object.fromEntries(folders.map(({ name, folder }) => [name, folder]));
    if (Object.keys(roots).length < folders.length)
      throw new Problem('bad-request', sentence('fleet.root.twice'), { advice: sentence('fleet.root.name.advice') });
    const read = fleetWaySchema.safeParse({ ...form, roots });
    if (form.queue !== '' && !read.success)
      throw new Problem('bad-request', sentence('fleet.root.name'), { advice: sentence('fleet.root.name.advice') });
    const way = read.data ?? { ...form, roots };
    const password = given ?? (await this.#password());
    const { signal } = this.#begin();
    const program = await this.#options.load();
    const fleet = await program.reach(way, password, signal);
    try {
      for (const folder of folders) await unless(signal, program.share(folder));
      await this.#keepPassword(password);
    } catch (error) {
      fleet.drop();
      throw error;
    }
    this.#drop();
    this.#reaching = Promise.resolve(fleet);
    this.#options.onWay(way);
  }

  cancelConnecting(): void {
    this.#connecting?.abort();
  }

  /** Photos that were added stay in the queue. */
  async disconnect(): Promise<void> {
    this.#adding?.abort();
    this.#drop();
    this.#options.onWay(null);
    await rm(this.#passwordFile, { force: true });
  }

  async nameOf(folder: string): Promise<string | null> {
    return (await this.#options.load()).nameOf(folder);
  }

  view = (): Promise<FleetView> => this.#with((fleet) => fleet.view());
  pause = (): Promise<void> => this.#with((fleet) => fleet.pause());
  resume = (): Promise<void> => this.#with((fleet) => fleet.resume());
  cancel = (batch: string | null): Promise<number> => this.#with((fleet) => fleet.cancel(batch));
  retry = (ids: readonly string[] | null): Promise<number> => this.#with((fleet) => fleet.retry(ids));
  drain = (machine: string, drained: boolean): Promise<void> => this.#with((fleet) => fleet.drain(machine, drained));

  /** One addition at a time: what was being added before stays as far as it has come. */
  async add(photos: readonly FoundPhoto[], options: Options): Promise<FleetAdded> {
    this.#adding?.abort();
    const controller = new AbortController();
    this.#adding = controller;
    const { engine, onAdding } = this.#options;
    onAdding({ found: photos.length, added: 0 });
    try {
      return await this.#with((fleet) => fleet.add(photos, options, { engine, signal: controller.signal, tell: onAdding }));
    } finally {
      if (this.#adding === controller) {
        this.#adding = null;
        onAdding(null);
      }
    }
  }

  cancelAdding(): void {
    this.#adding?.abort();
  }

  close(): void {
    this.#connecting?.abort();
    this.#looking?.abort();
    this.#adding?.abort();
    this.#drop();
  }

  async #with<Answer>(ask: (fleet: ReachedFleet) => Promise<Answer>): Promise<Answer> {
    const reaching = (this.#reaching ??= this.#reach());
    try {
      return await ask(await reaching);
    } catch (error) {
      // Whoever asks next tries again, from the beginning.
      const isLost = error instanceof Problem && (error.code === 'queue-not-reached' || error.code === 'queue-not-admitted');
      if (isLost && this.#reaching === reaching) this.#drop();
      throw error;
    }
  }

  async #reach(): Promise<ReachedFleet> {
    try {
      const way = this.#options.way();
      if (way === null) throw new Problem('bad-request', sentence('fleet.none'), { advice: sentence('fleet.none.advice') });
      const [program, password] = await Promise.all([this.#options.load(), this.#password()]);
      this.#looking = new AbortController();
      return await program.reach(way, password, this.#looking.signal);
    } catch (error) {
      this.#reaching = null;
      throw error;
    }
  }

  #begin(): AbortController {
    this.#connecting?.abort();
    const controller = new AbortController();
    this.#connecting = controller;
    return controller;
  }

  #drop(): void {
    this.#reaching?.then(
      (fleet) => {
        fleet.drop();
      },
      () => undefined,
    );
    this.#reaching = null;
  }

  get #passwordFile(): string {
    return join(this.#options.folder, 'fleet-password');
  }

  #password = (): Promise<string> => readFile(this.#passwordFile, 'utf8').catch(() => '');

  async #keepPassword(password: string): Promise<void> {
    await writeFile(this.#passwordFile, password, { mode: 0o600 });
    // One that was there keeps its mode.
    await chmod(this.#passwordFile, 0o600);
  }
}

/** @throws Problem cancelled as soon as the signal says so, whatever the other is at */
function unless<Answer>(signal: AbortSignal, work: Promise<Answer>): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(cancelled());
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}
