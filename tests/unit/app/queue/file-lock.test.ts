import { spawnSync } from 'node:child_process';
import { readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ownMark } from '../../../../src/system/processes.ts';
import { FileLock } from '../../../../src/app/queue/file-lock.ts';
import { testFolder } from '../../../support/golden.ts';

const wait = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

async function take(path: string, onLost = () => undefined as unknown): Promise<FileLock> {
  const lock = await FileLock.take(path, { onLost, beatMilliseconds: 300 });
  onTestFinished(() => lock.release());
  return lock;
}

describe('a lock', () => {
  it('is held by one alone, and free again when it is released', async () => {
    const folder = await testFolder();
    const path = join(folder, 'l');
    const lock = await take(path);
    await expect(take(path)).rejects.toMatchObject({ code: 'already-running' });
    await lock.release();
    await take(path);
    expect(await readdir(folder)).toEqual(['l']);
  });

  it('of many who want it at once goes to one', async () => {
    const path = join(await testFolder(), 'l');
    const { pid } = spawnSync(process.execPath, ['--version']);
    await writeFile(path, JSON.stringify({ token: 'left', host: hostname(), processId: pid }));
    const results = await Promise.allSettled(Array.from({ length: 8 }, () => take(path)));
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  it('of a process that has gone is taken over at once', async () => {
    const path = join(await testFolder(), 'l');
    const { pid } = spawnSync(process.execPath, ['--version']);
    await writeFile(path, JSON.stringify({ token: 'left', host: hostname(), processId: pid }));
    const began = performance.now();
    await take(path);
    expect(performance.now() - began).toBeLessThan(1000);
  });

  it('is told by the machine, not by its name: after a renaming at once, of another machine of that name after nobody touched it', async () => {
    const { pid } = spawnSync(process.execPath, ['--version']);
    const secondsFor = async (host: string, machine: string): Promise<number> => {
      const path = join(await testFolder(), 'l');
      await writeFile(path, JSON.stringify({ token: 'left', host, machine, processId: pid }));
      const began = performance.now();
      await take(path);
      expect(JSON.parse(await readFile(path, 'utf8'))).toMatchObject({ host: hostname(), machine: ownMark() });
      return (performance.now() - began) / 1000;
    };
    expect(await secondsFor('its-earlier-name', ownMark())).toBeLessThan(1);
    expect(await secondsFor(hostname(), 'another')).toBeGreaterThan(1.4);
  });

  it('whose number another process has now is taken over after nobody has touched it for a while', async () => {
    const path = join(await testFolder(), 'l');
    await writeFile(path, JSON.stringify({ token: 'left', host: hostname(), processId: process.ppid }));
    await take(path);
    expect(JSON.parse(await readFile(path, 'utf8'))).toMatchObject({ processId: process.pid });
  });

  it('that somebody keeps touching on another computer stays theirs', async () => {
    const path = join(await testFolder(), 'l');
    await writeFile(path, JSON.stringify({ token: 'theirs', host: 'elsewhere', processId: 1 }));
    const timer = setInterval(() => void utimes(path, new Date(), new Date()), 200);
    await expect(take(path)).rejects.toMatchObject({ code: 'already-running' });
    clearInterval(timer);
  });

  it('tells its holder when another has it', async () => {
    const path = join(await testFolder(), 'l');
    const lost: string[] = [];
    await take(path, () => lost.push('lost'));
    await writeFile(path, JSON.stringify({ token: 'theirs', host: hostname(), processId: process.pid }));
    for (let tries = 0; lost.length === 0 && tries < 40; tries += 1) await wait(100);
    expect(lost).toEqual(['lost']);
  });
});
