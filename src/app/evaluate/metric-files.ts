import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { MetricEntry } from '../../shared/catalogue.ts';
import { Problem } from '../../shared/problem.ts';
import { sentence } from '../../shared/sentence.ts';
import { readCatalogue } from '../models/catalogue.ts';
import { fetchFile, webTransport, type Transport } from '../models/fetch-file.ts';

interface MetricFilesOptions {
  readonly catalogueFile: string;
  /** Where what metrics need lies. */
  readonly folder: string;
  readonly transport?: Transport;
}

/** What metrics need and is somebody else's: in the catalogue with size and sha256, on the disk when somebody has asked for it. */
export class MetricFiles {
  readonly #options: MetricFilesOptions;

  constructor(options: MetricFilesOptions) {
    this.#options = options;
  }

  get folder(): string {
    return this.#options.folder;
  }

  async list(): Promise<(MetricEntry & { readonly installed: boolean })[]> {
    const { metrics } = await readCatalogue(this.#options.catalogueFile);
    return Promise.all(metrics.map(async (entry) => ({ ...entry, installed: await this.#isThere(entry) })));
  }

  /**
   * Downloads what is missing of one entry: the only use of the network here.
   * @throws Problem model-not-found, not-downloaded, wrong-download, not-enough-disk, cancelled
   */
  async download(id: string, signal: AbortSignal): Promise<MetricEntry> {
    const entry = (await this.list()).find((candidate) => candidate.id === id);
    if (entry === undefined) {
      throw new Problem('model-not-found', sentence('download.noMetric', { id }), {
        advice: sentence('download.noMetric.advice'),
      });
    }
    const { folder, transport = webTransport } = this.#options;
    await mkdir(folder, { recursive: true });
    for (const file of entry.files) await fetchFile(file, join(folder, file.name), { ...transport, signal, onBytes: () => undefined });
    return entry;
  }

  async #isThere({ files }: MetricEntry): Promise<boolean> {
    const found = await Promise.all(files.map(({ name }) => stat(join(this.#options.folder, name)).catch(() => null)));
    return found.every((file) => file !== null);
  }
}
