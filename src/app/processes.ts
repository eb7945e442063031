import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import { isAlive } from '../system/processes.ts';

/**
 * Waits until an engine process whose application has died is gone: without it, it ends after the tile that it computes. One that
 * takes longer than the patience is killed where its command line proves what it is: its number may be another process's by now.
 */
export async function endOrphan(processId: number, patienceSeconds = 20): Promise<void> {
  const end = performance.now() + patienceSeconds * 1000;
  let isEngine: boolean | null = null;
  while (performance.now() < end) {
    if (!isAlive(processId)) return;
    isEngine = await runsEngine(processId);
    if (isEngine === false) return;
    await wait(50);
  }
  if (isEngine === true) process.kill(processId, 'SIGKILL');
}

/** The name that the program has in every build. */
const program = 'engine-host';

/** Null where the system does not tell without further ado (Windows). */
async function runsEngine(processId: number): Promise<boolean | null> {
  if (process.platform === 'win32') return null;
  const commandLine =
    process.platform === 'linux'
      ? readFile(`/proc/${processId}/cmdline`, 'latin1')
      : promisify(execFile)('ps', ['-o', 'args=', '-p', String(processId)]).then(({ stdout }) => stdout);
  return (await commandLine.catch(() => '')).includes(program);
}
