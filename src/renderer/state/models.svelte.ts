import { SvelteMap } from 'svelte/reactivity';
import type { AppCalls } from '../../shared/contract.ts';
import type { DeviceReport, ImportDetails, ImportOutcome, ModelSummary, QuantiseOutcome } from '../../shared/engine-protocol.ts';
import { defaultFamily } from '../../shared/options.ts';

/** What is installed, and what it runs on here once that was asked for. */
export class Models {
  list = $state.raw<readonly ModelSummary[]>([]);
  devices = $state.raw<readonly DeviceReport[] | null>(null);
  measuring = $state(false);
  /** How far the import is, 0…1; null where there is none. Another page may have begun it. */
  importProgress = $state<number | null>(null);
  /** What became of the files that were imported last. */
  outcomes = $state.raw<readonly ImportOutcome[]>([]);
  /** By model: what its test said, or null while it is being tested. */
  readonly tests = new SvelteMap<string, readonly DeviceReport[] | null>();
  /** By model: what its trial of 8 bits said, in this window. */
  readonly quantised = new SvelteMap<string, QuantiseOutcome>();
  /** The model that is tried in 8 bits and how far that is, 0…1; null where none is. Another page may have begun it. */
  quantising = $state.raw<{ readonly id: string; readonly fraction: number } | null>(null);
  readonly #calls: AppCalls;

  constructor(calls: AppCalls) {
    this.#calls = calls;
  }

  get importing(): boolean {
    return this.importProgress !== null;
  }

  async begin(): Promise<void> {
    this.importProgress = null;
    this.quantising = null;
    this.list = await this.#calls.models.list();
  }

  changed(list: readonly ModelSummary[]): void {
    this.list = list;
    for (const told of [this.tests, this.quantised]) {
      for (const id of told.keys()) if (!list.some((model) => model.id === id)) told.delete(id);
    }
  }

  /** Each file by itself: those that were refused say why in their outcome. */
  async import(paths: readonly string[], details: ImportDetails = {}): Promise<void> {
    if (this.importing || paths.length === 0) return;
    this.importProgress = 0;
    this.outcomes = [];
    try {
      this.outcomes = await this.#calls.models.import(paths, details);
    } finally {
      this.importProgress = null;
    }
  }

  async cancelImport(): Promise<void> {
    await this.#calls.models.cancelImport();
  }

  /** Tries a model in 8 bits; takes up to minutes. Nothing where another is tried. */
  async quantise(id: string): Promise<void> {
    if (this.quantising !== null) return;
    this.quantising = { id, fraction: 0 };
    this.quantised.delete(id);
    try {
      this.quantised.set(id, await this.#calls.models.quantise(id));
    } finally {
      this.quantising = null;
    }
  }

  async cancelQuantise(): Promise<void> {
    await this.#calls.models.cancelQuantise();
  }

  async remove(id: string): Promise<void> {
    await this.#calls.models.remove(id);
  }

  /** Takes seconds. */
  async test(id: string): Promise<void> {
    if (this.tests.get(id) === null) return;
    this.tests.set(id, null);
    try {
      this.tests.set(id, await this.#calls.models.test(id));
    } catch (error) {
      this.tests.delete(id);
      throw error;
    }
  }

  /** Takes seconds where it was not measured before. */
  async measure(): Promise<void> {
    if (this.measuring) return;
    this.measuring = true;
    try {
      this.devices = await this.#calls.models.devices();
    } finally {
      this.measuring = false;
    }
  }

  /** What finds or restores faces: the first that can be used, as the engine takes them; undefined where there is none. */
  forFaces(part: NonNullable<ModelSummary['faces']>): ModelSummary | undefined {
    return this.list.find(({ faces, problem }) => faces === part && problem === null);
  }

  /** A model's name; its id where it is not installed (any more). */
  nameOf(id: string): string {
    return this.list.find((model) => model.id === id)?.name ?? id;
  }

  /** What a model, or the first of those chosen among that takes the option, does where the option is not set. */
  defaultOf(model: string, option: string): number | null {
    return this.#taking(model, option)?.defaults[option] ?? null;
  }

  /** Whether a model, or any of those chosen among, takes an option. */
  takes(model: string, option: string): boolean {
    return this.#taking(model, option) !== undefined;
  }

  #taking(model: string, option: string): ModelSummary | undefined {
    return this.#chosenBy(model).find(({ options }) => options.includes(option));
  }

  /** What the option of that name stands for: a model, those of a family, or with `auto` those of the default family. */
  #chosenBy(name: string): readonly ModelSummary[] {
    const usable = this.list.filter(({ problem }) => problem === null);
    if (name === 'auto') return usable.filter(({ family, experimental }) => family === defaultFamily && !experimental);
    const named = this.list.filter(({ id }) => id === name);
    return named.length > 0 ? named : usable.filter(({ family }) => family === name);
  }
}
