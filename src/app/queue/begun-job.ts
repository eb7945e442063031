import { rm, stat } from 'node:fs/promises';
import type { Stats } from 'node:fs';
import { removeLeftovers } from '../leftovers.ts';
import { photoVersion } from '../photos/photo-version.ts';
import { endOrphan } from '../processes.ts';
import type { SupervisedEngine } from '../supervised-engine.ts';
import type { Begun, Job } from './jobs.ts';

/** What lies at a path, to be told from what will lie there: null for nothing. */
export async function versionAt(path: string): Promise<string | null> {
  const file = await statOrNull(path);
  return file === null ? null : photoVersion(file);
}

/**
 * What a job that was begun has left where its result was to go: its `result`, `nothing` (or the earlier result that it was to
 * replace), or something `else`. Results get their name whole and verified, so one that bears our mark is complete.
 */
export async function traceOf(
  { destination, before }: Begun,
  engine: Pick<SupervisedEngine, 'isResult'>,
): Promise<'result' | 'nothing' | 'else'> {
  const file = await statOrNull(destination);
  if (file === null || photoVersion(file) === before) return 'nothing';
  if (await engine.isResult(destination)) return 'result';
  if (file.size > 0 || before !== null) return 'else';
  // Where a file system has no links, an empty file holds the name until the result takes its place.
  await rm(destination);
  return 'nothing';
}

/** Waits for the engine process that an application has left behind, and removes what it could not finish. Never rejects. */
export async function tidyUp({ source, options, begun }: Job, temporaryFolder: string): Promise<void> {
  if (begun === null) return;
  const { destination, processId } = begun;
  await endOrphan(processId).catch(() => undefined);
  await removeLeftovers(processId, { source, options, destination }, temporaryFolder);
}

async function statOrNull(path: string): Promise<Stats | null> {
  return stat(path).catch(() => null);
}
