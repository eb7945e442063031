import { SvelteMap } from 'svelte/reactivity';
import type { CatalogueCard, DownloadProgress } from '../../shared/catalogue.ts';
import type { AppCalls } from '../../shared/contract.ts';
import type { ModelSummary } from '../../shared/engine-protocol.ts';

/** Models that can be downloaded, and how far the downloads are. */
export class Catalogue {
  cards = $state.raw<readonly CatalogueCard[]>([]);
  readonly #progress = new SvelteMap<string, DownloadProgress>();
  #shown = false;
  readonly #calls: AppCalls;

  constructor(calls: AppCalls) {
    this.#calls = calls;
  }

  /** Asked for when somebody looks; from then on it is kept up to date. */
  async show(): Promise<void> {
    this.#shown = true;
    this.cards = await this.#calls.catalogue.list();
    this.#progress.clear();
    for (const { id, progress } of this.cards) if (progress !== null) this.#progress.set(id, progress);
  }

  async modelsChanged(): Promise<void> {
    if (this.#shown) this.cards = await this.#calls.catalogue.list();
  }

  progressed(id: string, progress: DownloadProgress | null): void {
    if (progress === null) this.#progress.delete(id);
    else this.#progress.set(id, progress);
  }

  /** Null unless it is being downloaded. */
  progressOf(id: string): DownloadProgress | null {
    return this.#progress.get(id) ?? null;
  }

  async download(id: string): Promise<ModelSummary> {
    return this.#calls.catalogue.download(id);
  }

  async cancel(id: string): Promise<void> {
    await this.#calls.catalogue.cancel(id);
  }
}
