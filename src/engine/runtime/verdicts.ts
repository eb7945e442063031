import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { env } from 'onnxruntime-node';
import * as z from 'zod';
import { isAlive } from '../../system/processes.ts';
import type { Candidate } from './candidates.ts';
import { nameOf, type RunnableModel } from './way.ts';
import { thisPlatform } from './providers.ts';
import { sentence, sentenceSchema } from '../../shared/sentence.ts';

const verdictSchema = z.discriminatedUnion('state', [
  z.object({
    state: z.literal('passed'),
    /** dB; null where the answer was equal. */
    parityDb: z.number().nullable(),
    secondsPerMegapixel: z.number().positive(),
    /** Of the last whole photo, overlap included. */
    photoSecondsPerMegapixel: z.number().positive().optional(),
  }),
  z.object({ state: z.literal('failed'), reason: sentenceSchema, parityDb: z.number().nullable(), at: z.number() }),
  /** Written before native code is tried: whoever finds it later knows that the process died of it. */
  z.object({ state: z.literal('probing'), processId: z.int() }),
]);

/** What is known of a way on a provider of this computer. */
export type Verdict = z.infer<typeof verdictSchema>;

const fileSchema = z.object({ schema: z.literal(1), verdicts: z.record(z.string(), verdictSchema) });
type Verdicts = z.infer<typeof fileSchema>['verdicts'];

/** A driver may have been updated since: after a week, what failed is tried again. */
const failureLifeMs = 7 * 24 * 3600 * 1000;

/** The processors of this computer: asking the system takes as long as much of a plan. */
let processors: string | null = null;
const processorsInWords = (): string => (processors ??= `${cpus()[0]?.model.trim() ?? 'unknown'} × ${cpus().length}`);

/** What a verdict is about. It does not apply to another processor, runtime or model file. */
export function verdictKey({ id, weights, selfTest }: RunnableModel, { way, provider }: Candidate): string {
  const hashes = createHash('sha256');
  for (const file of [...way.files, ...weights, selfTest]) hashes.update(file.sha256);
  const device = provider.name === 'cpu' ? processorsInWords() : provider.name;
  return [thisPlatform, `onnxruntime ${env.versions.node ?? ''}`, device, id, nameOf(way), hashes.digest('hex').slice(0, 16)].join(' | ');
}

/** The verdict under `key`, or null where it has to be found out (again). */
export async function recallVerdict(cacheFolder: string, key: string): Promise<Verdict | null> {
  const verdict = (await read(cacheFolder))[key];
  if (verdict === undefined) return null;
  if (verdict.state === 'failed' && Date.now() - verdict.at > failureLifeMs) return null;
  if (verdict.state !== 'probing' || (verdict.processId !== process.pid && isAlive(verdict.processId))) return verdict;
  const crashed: Verdict = { state: 'failed', reason: sentence('device.crashed'), parityDb: null, at: Date.now() };
  await rememberVerdict(cacheFolder, key, crashed);
  return crashed;
}

/** Several processes may write: each reads again, changes its own key and replaces the file in one step. */
export async function rememberVerdict(cacheFolder: string, key: string, verdict: Verdict): Promise<void> {
  const verdicts = { ...(await read(cacheFolder)), [key]: verdict };
  const file = join(cacheFolder, fileName);
  const temporary = `${file}.${randomUUID()}`;
  try {
    await mkdir(cacheFolder, { recursive: true });
    await writeFile(temporary, `${JSON.stringify({ schema: 1, verdicts }, null, 2)}\n`);
    await rename(temporary, file);
  } catch {
    // A cache that cannot be written costs a self-test at the next start, not the job.
    await rm(temporary, { force: true }).catch(() => undefined);
  }
}

const fileName = 'verdicts.json';

/** A missing or damaged file is an empty one. */
async function read(cacheFolder: string): Promise<Verdicts> {
  try {
    return fileSchema.parse(JSON.parse(await readFile(join(cacheFolder, fileName), 'utf8'))).verdicts;
  } catch {
    return {};
  }
}
