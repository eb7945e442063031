import { stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import * as z from 'zod';
import { Journal, type JournalKind } from './journal.ts';

const entrySchema = z.object({
  key: z.string(),
  /** File name of the result. */
  name: z.string(),
  fileBytes: z.number(),
  /** Milliseconds since 1970. */
  modified: z.number(),
});
type Entry = z.infer<typeof entrySchema>;

const doneJournal: JournalKind<Entry> = { name: 'onestep done', version: 1, schema: entrySchema };

/** The oldest entries beyond these are forgotten. */
const capacity = 200_000;

/**
 * What was done before, by {@link workKey}. An entry counts only while the result still lies, unchanged, where it would be written
 * now: so it follows folders that move, and a copy of the photo somewhere else gets a result of its own.
 */
export class DoneIndex {
  readonly #journal: Journal<Entry>;
  readonly #entries: Map<string, Entry>;

  private constructor(journal: Journal<Entry>, entries: Map<string, Entry>) {
    this.#journal = journal;
    this.#entries = entries;
  }

  /** @throws Problem as {@link Journal.open} does */
  static async open(path: string): Promise<DoneIndex> {
    const { journal, lines } = await Journal.open(path, doneJournal);
    const index = new DoneIndex(journal, new Map());
    for (const entry of lines) index.#add(entry);
    if (lines.length > 1000 && lines.length > 2 * index.#entries.size) await journal.rewrite([...index.#entries.values()]);
    return index;
  }

  /** The path of the result in `folder` that is this work already, or null. */
  async find(key: string, folder: string): Promise<string | null> {
    const entry = this.#entries.get(key);
    if (entry === undefined) return null;
    const path = join(folder, entry.name);
    const file = await stat(path).catch(() => null);
    return file?.size === entry.fileBytes && Math.round(file.mtimeMs) === entry.modified ? path : null;
  }

  /** Remembers the result at `path`, which exists. */
  async remember(key: string, path: string): Promise<void> {
    const { size, mtimeMs } = await stat(path);
    const entry = { key, name: basename(path), fileBytes: size, modified: Math.round(mtimeMs) };
    this.#add(entry);
    await this.#journal.append([entry]);
  }

  async close(): Promise<void> {
    await this.#journal.close();
  }

  #add(entry: Entry): void {
    // Behind the others: a map keeps the order in which keys came.
    this.#entries.delete(entry.key);
    this.#entries.set(entry.key, entry);
    const [oldest] = this.#entries.keys();
    if (this.#entries.size > capacity && oldest !== undefined) this.#entries.delete(oldest);
  }
}
