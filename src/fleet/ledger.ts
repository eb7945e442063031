import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, readFile, stat, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import * as z from 'zod';
import type { Ending } from '../app/jobs/job-lines.ts';
import { inEnglish } from '../shared/sentence.ts';
import { parsed, placeInWords, sameTimeMilliseconds, type Payload } from './payload.ts';
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
  /** Milliseconds since 1970, and the sha256 of the file as it was written; null without a result. Earlier versions wrote neither. */
  modified: z.number().nullable().default(null),
  sha256: z.string().nullable().default(null),
  report: z.unknown(),
  problem: z.unknown(),
});
export type LedgerRecord = z.infer<typeof recordSchema>;

/** What tells a result from whatever else may come to lie in its place. */
type ResultFacts = Pick<LedgerRecord, 'bytes' | 'modified' | 'sha256'>;

export const noResult: ResultFacts = { bytes: 0, modified: null, sha256: null };

async function resultFacts(path: string): Promise<ResultFacts> {
  const { size, mtimeMs } = await stat(path);
  return { bytes: size, modified: Math.round(mtimeMs), sha256: await sha256Of(path) };
}

/** @param job the id of its entry */
export async function recordOf(job: string, payload: Payload, { state, output, report, problem }: Ending): Promise<LedgerRecord> {
  const facts = output === null || state !== 'done' ? noResult : await resultFacts(output).catch(() => noResult);
  return {
    job,
    state: state === 'failed' || state === 'skipped' ? state : 'done',
    source: placeInWords(payload.source),
    destination: placeInWords(payload.destination),
    ...facts,
    report,
    problem,
  };
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

/**
 * Whether the file at `path` is the result that was written. One of the same size is read where its time is another one, or `wholly`
 * asks for it: what a drive has damaged keeps both.
 */
export async function isResultOf({ bytes, modified, sha256 }: ResultFacts, path: string, wholly: boolean): Promise<boolean> {
  const file = await stat(path).catch(() => null);
  if (file?.size !== bytes) return false;
  const looksSame = modified === null || Math.abs(file.mtimeMs - modified) <= sameTimeMilliseconds;
  if (sha256 === null || (looksSame && !wholly)) return true;
  return (await sha256Of(path).catch(() => null)) === sha256;
}

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

/** The records of each job of a batch, by id: one whose result was removed may be done again. A torn line, as of a machine that died, is passed over. */
export async function readLedger(root: Root, batch: string): Promise<Map<string, LedgerRecord[]>> {
  const records = new Map<string, LedgerRecord[]>();
  const folder = folderOf(root, batch);
  for (const name of await readdir(folder).catch(() => [])) {
    if (!name.endsWith('.jsonl')) continue;
    for (const line of (await readFile(join(folder, name), 'utf8')).split('\n')) {
      const record = recordSchema.safeParse(parsed(line)).data;
      if (record === undefined) continue;
      const ofJob = records.get(record.job);
      if (ofJob === undefined) records.set(record.job, [record]);
      else ofJob.push(record);
    }
  }
  return records;
}
