import { mkdir, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { downloadBytes, type CatalogueCard, type CatalogueEntry, type DownloadProgress } from '../../shared/catalogue.ts';
import { freeBytes } from '../../shared/disk-room.ts';
import type { ImportDetails, ImportOutcome, ModelSummary } from '../../shared/engine-protocol.ts';
import { Problem, throwIfCancelled } from '../../shared/problem.ts';
import { sentence } from '../../shared/sentence.ts';
import type { WorkWatch } from '../../shared/work-watch.ts';
import { readCatalogue } from './catalogue.ts';
import { bytesOf, fetchFile, webTransport, type Transport } from './fetch-file.ts';

interface DownloadsOptions {
  readonly catalogueFile: string;
  /** Files stay here until a model was made of them, so that what was interrupted can go on. */
  readonly folder: string;
  /** Where imported models go. */
  readonly modelsFolder: string;
  readonly importModels: (paths: readonly string[], details: ImportDetails, watch: WorkWatch) => Promise<ImportOutcome[]>;
  /** Null: it is over, one way or the other. */
  readonly onProgress: (id: string, progress: DownloadProgress | null) => void;
  readonly transport?: Transport;
}

interface Running {
  readonly done: Promise<ModelSummary>;
  readonly controller: AbortController;
  progress: DownloadProgress;
}

/** Files of half precision become full, and stand beside each other until the import is finished. */
const roomFactor = 5;
const tellEveryMs = 100;

/** Models of the catalogue: fetched, checked, imported. Nothing is asked of the network but by {@link download}. */
export class Downloads {
  readonly #options: DownloadsOptions;
  readonly #running = new Map<string, Running>();

  constructor(options: DownloadsOptions) {
    this.#options = options;
  }

  async entries(): Promise<readonly CatalogueEntry[]> {
    return (await readCatalogue(this.#options.catalogueFile)).models;
  }

  /** Null unless it is being downloaded. */
  progressOf(id: string): DownloadProgress | null {
    return this.#running.get(id)?.progress ?? null;
  }

  /**
   * Installs a model of the catalogue; goes on with what an earlier attempt left. Asked twice, it is one download.
   * @throws Problem model-not-found, not-enough-disk, not-downloaded, wrong-download, cancelled; as the import does
   */
  async download(id: string): Promise<ModelSummary> {
    const entry = (await this.entries()).find((candidate) => candidate.id === id);
    if (entry === undefined) {
      throw new Problem('model-not-found', sentence('download.noModel', { id }), {
        advice: sentence('download.noModel.advice'),
      });
    }
    const known = this.#running.get(id);
    if (known !== undefined) return known.done;
    const controller = new AbortController();
    const done = this.#install(entry, controller.signal).finally(() => {
      this.#running.delete(id);
      this.#options.onProgress(id, null);
    });
    this.#running.set(id, { done, controller, progress: { stage: 'download', receivedBytes: 0, totalBytes: downloadBytes(entry) } });
    return done;
  }

  /** What has arrived is kept. */
  cancel(id: string): void {
    this.#running.get(id)?.controller.abort();
  }

  async close(): Promise<void> {
    const running = [...this.#running.values()];
    for (const { controller } of running) controller.abort();
    await Promise.allSettled(running.map(({ done }) => done));
  }

  async #install(entry: CatalogueEntry, signal: AbortSignal): Promise<ModelSummary> {
    const folder = join(this.#options.folder, entry.id);
    await mkdir(folder, { recursive: true });
    await mkdir(this.#options.modelsFolder, { recursive: true });
    const paths = entry.files.map((file) => join(folder, file.name));
    await this.#checkRoom(entry, folder);
    await this.#fetch(entry, paths, signal);
    throwIfCancelled(signal);
    this.#tell(entry, 'import', downloadBytes(entry));
    const { name, licence, summary, author } = entry;
    const [outcome] = await this.#options.importModels(paths, { name, licence, summary, author }, { signal });
    // The files are what they shall be: an import that failed fails again.
    await rm(folder, { recursive: true, force: true });
    if (outcome === undefined) throw new Error(`nothing became of ${entry.id}`);
    const { model, problem } = outcome;
    if (model === null) throw problem === null ? new Error(`${entry.id} was neither imported nor refused`) : Problem.fromData(problem);
    return model;
  }

  async #fetch(entry: CatalogueEntry, paths: readonly string[], signal: AbortSignal): Promise<void> {
    const received: number[] = await Promise.all(entry.files.map((file, index) => bytesOf(file, paths[index] ?? '')));
    let told = Number.NEGATIVE_INFINITY;
    const tell = (): void => {
      if (performance.now() - told < tellEveryMs) return;
      told = performance.now();
      const sum = received.reduce((bytes, more) => bytes + more, 0);
      this.#tell(entry, 'download', sum);
    };
    for (const [index, file] of entry.files.entries()) {
      tell();
      await fetchFile(file, paths[index] ?? '', {
        ...(this.#options.transport ?? webTransport),
        signal,
        onBytes: (bytes) => {
          received[index] = bytes;
          tell();
        },
      });
      received[index] = file.fileBytes;
    }
  }

  #tell({ id, files }: CatalogueEntry, stage: DownloadProgress['stage'], receivedBytes: number): void {
    const running = this.#running.get(id);
    if (running === undefined) return;
    running.progress = { stage, receivedBytes, totalBytes: downloadBytes({ files }) };
    this.#options.onProgress(id, running.progress);
  }

  /** Before anything is asked for. */
  async #checkRoom(entry: CatalogueEntry, folder: string): Promise<void> {
    const need = downloadBytes(entry) * roomFactor;
    for (const place of [folder, this.#options.modelsFolder]) {
      const free = freeBytes(await statfs(place));
      if (free >= need) continue;
      const message = sentence('download.disk', { name: entry.name, needed: inMegabytes(need), free: inMegabytes(free) });
      throw new Problem('not-enough-disk', message, { advice: sentence('download.disk.advice'), detail: place });
    }
  }
}

const inMegabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(bytes < 10e6 ? 1 : 0)} MB`;

/** The catalogue, with what of it is installed: whatever the model is called, it was made of the same files. */
export async function catalogueCards(installed: readonly ModelSummary[], downloads: Downloads): Promise<CatalogueCard[]> {
  const byFiles = new Map(installed.map(({ id, sources }) => [keyOf(sources), id]));
  return (await downloads.entries()).map((entry) => ({
    ...entry,
    installed: byFiles.get(keyOf(entry.files.map(({ sha256 }) => sha256))) ?? null,
    progress: downloads.progressOf(entry.id),
  }));
}

const keyOf = (hashes: readonly string[]): string => [...hashes].sort().join();
