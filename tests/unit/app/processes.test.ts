import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { expect, it, onTestFinished } from 'vitest';
import { endOrphan } from '../../../src/app/processes.ts';
import { isAlive } from '../../../src/system/processes.ts';
import { needs } from '../../support/needs.ts';

/** A process that lives for so long, with these words in its command line. */
function living(milliseconds: number, ...words: string[]): ChildProcess & { pid: number } {
  const child = spawn(process.execPath, ['-e', `setTimeout(() => undefined, ${milliseconds})`, ...words], { stdio: 'ignore' });
  onTestFinished(() => void child.kill('SIGKILL'));
  if (child.pid === undefined) throw new Error('could not be started');
  return child as ChildProcess & { pid: number };
}

it('knows which processes live', () => {
  expect(isAlive(process.pid)).toBe(true);
  expect(isAlive(spawnSync(process.execPath, ['--version']).pid)).toBe(false);
});

it('waits for an engine process that ends by itself', async () => {
  const { pid } = living(700, 'engine-host.js');
  await endOrphan(pid, 20);
  expect(isAlive(pid)).toBe(false);
});

it('ends one that does not, and no process that is something else', needs('notWindows'), async () => {
  const deaf = living(60_000, 'engine-host.js');
  await endOrphan(deaf.pid, 0.5);
  await new Promise((resolve) => deaf.once('exit', resolve));
  expect(deaf.signalCode).toBe('SIGKILL');
  const other = living(60_000, 'something-else');
  await endOrphan(other.pid, 0.5);
  expect(isAlive(other.pid)).toBe(true);
});
