import type { DeviceReport, ImportDetails, ImportOutcome, ModelSummary, QuantiseOutcome } from '../../shared/engine-protocol.ts';
import { throwIfCancelled } from '../../shared/problem.ts';
import type { WorkWatch } from '../../shared/work-watch.ts';
import type { Engine } from '../supervised-engine.ts';
import { Turns } from '../turns.ts';

interface InstalledModelsOptions {
  /** Imports, removes and tests: takes long, and dies alone where a file is worse than it looks. */
  readonly importer: Pick<Engine['models'], 'import' | 'quantise' | 'remove' | 'test'>;
  /** Answers what is installed. */
  readonly reader: Pick<Engine['models'], 'list' | 'reload'>;
  /** Others that use models. */
  readonly users: readonly Pick<Engine['models'], 'reload'>[];
  readonly onChanged: (models: readonly ModelSummary[]) => void;
  /** How far {@link InstalledModels.importChosen} is, 0…1; null: it is over, one way or the other. */
  readonly onImport: (fraction: number | null) => void;
  /** How far {@link InstalledModels.quantise} is, 0…1; null: it is over, one way or the other. */
  readonly onQuantise: (id: string, fraction: number | null) => void;
}

/** The models of this computer. After a change every engine process knows them before it is told. */
export class InstalledModels {
  readonly #options: InstalledModelsOptions;
  /** One change at a time: an import looks at what is there already. */
  readonly #changes = new Turns();
  #chosen = new AbortController();
  #quantising = new AbortController();

  constructor(options: InstalledModelsOptions) {
    this.#options = options;
  }

  async list(): Promise<ModelSummary[]> {
    return this.#options.reader.list();
  }

  /** @throws Problem as the engine does */
  async import(paths: readonly string[], details: ImportDetails, watch: WorkWatch): Promise<ImportOutcome[]> {
    return this.#change(() => this.#options.importer.import(paths, details, watch));
  }

  /** Imports what a person has chosen, who can watch it and {@link cancelImport} it. */
  async importChosen(paths: readonly string[], details: ImportDetails): Promise<ImportOutcome[]> {
    const { onImport } = this.#options;
    try {
      return await this.import(paths, details, { signal: this.#chosen.signal, onProgress: onImport });
    } finally {
      onImport(null);
    }
  }

  cancelImport(): void {
    this.#chosen.abort();
    this.#chosen = new AbortController();
  }

  /** Tries a model in 8 bits, which a person can watch and {@link cancelQuantise}. */
  async quantise(id: string): Promise<QuantiseOutcome> {
    const { importer, onQuantise } = this.#options;
    const { signal } = this.#quantising;
    const onProgress = (fraction: number): void => onQuantise(id, fraction);
    onProgress(0);
    try {
      return await this.#change(() => {
        throwIfCancelled(signal);
        return importer.quantise(id, {}, { signal, onProgress });
      });
    } finally {
      onQuantise(id, null);
    }
  }

  cancelQuantise(): void {
    this.#quantising.abort();
    this.#quantising = new AbortController();
  }

  async remove(id: string): Promise<void> {
    return this.#change(async () => {
      // Windows keeps files where they are that another process has open.
      await this.#reload();
      await this.#options.importer.remove(id);
    });
  }

  async test(id: string): Promise<DeviceReport[]> {
    return this.#options.importer.test(id);
  }

  /** Cancels imports and trials; resolves when nothing changes any more. */
  async close(): Promise<void> {
    this.cancelImport();
    this.cancelQuantise();
    await this.#changes.over();
  }

  async #change<Answer>(work: () => Promise<Answer>): Promise<Answer> {
    return this.#changes.take(async () => {
      try {
        return await work();
      } finally {
        // Also after a failure: of several models some may be there.
        await this.#reload();
        this.#options.onChanged(await this.list());
      }
    });
  }

  async #reload(): Promise<void> {
    await Promise.all([this.#options.reader, ...this.#options.users].map((engine) => engine.reload()));
  }
}
