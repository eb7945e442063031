import { mkdir, open, readdir, readFile, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { inEnglish } from '../shared/sentence.ts';
import { ownFolder, type Root } from './roots.ts';

/** What became of a photo, as it stands beside the results: whoever comes later knows it, also without the queue. */
const recordSchema = z.object({
  job: z.string(),
  state: z.enum(['done', 'skipped', 'failed']),
  /** Places of the fleet, `nas:2019/photo.jpg`. */
  source: z.string(),
  destination: z.string(),
  /** Of the result; 0 without one. */
  bytes: z.number(),
  report: z.unknown(),
  problem: z.unknown(),
});
export type LedgerRecord = z.infer<typeof recordSchema>;

const folderOf = (root: Root, batch: string): string => join(root.folder, ownFolder, 'fleet', batch);

/** One writer a file: appending to a file from several machines is not safe on network drives. */
export class Ledger {
  readonly #worker: string;
  readonly #files = new Map<string, FileHandle>();

  /** @param worker different for each process that writes */
  constructor(worker: string) {
    this.#worker = worker;
  }

  /** Resolves when the record is on the disk. */
  async append(root: Root, batch: string, record: LedgerRecord): Promise<void> {
    const folder = folderOf(root, batch);
    let file = this.#files.get(folder);
    if (file === undefined) {
      await mkdir(folder, { recursive: true });
      file = await open(join(folder, `${this.#worker}.jsonl`), 'a');
      this.#files.set(folder, file);
    }
    try {
      await file.appendFile(`${JSON.stringify(record, inEnglish)}\n`);
      await file.datasync();
    } catch (error) {
      // After an outage of the drive the old handle stays useless.
      this.#files.delete(folder);
      await file.close().catch(() => undefined);
      throw error;
    }
  }

  async close(): Promise<void> {
    for (const file of this.#files.values()) await file.close().catch(() => undefined);
    this.#files.clear();
  }
}

/** The last record of each job of a batch, by id. A torn line, as of a machine that died, is passed over. */
export async function readLedger(root: Root, batch: string): Promise<Map<string, LedgerRecord>> {
  const records = new Map<string, LedgerRecord>();
  const folder = folderOf(root, batch);
  for (const name of await readdir(folder).catch(() => [])) {
    if (!name.endsWith('.jsonl')) continue;
    for (const line of (await readFile(join(folder, name), 'utf8')).split('\n')) {
      const record = recordSchema.safeParse(parsed(line)).data;
      if (record !== undefined && records.get(record.job)?.state !== 'done') records.set(record.job, record);
    }
  }
  return records;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
