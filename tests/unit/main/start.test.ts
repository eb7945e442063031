import { readdir } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { handOver, isTooLong, readStart, takeOver, toldStart } from '../../../src/main/start.ts';
import { temporaryFolder } from '../../support/photo-files.ts';

const odd = { words: ['--enhance', '--', '/p/photo一 🌄 "x".jpg', "/p/it's.jpg"], cwd: '/höme', milliseconds: 412.5 };

describe('a start', () => {
  it('is told in ASCII and read again as it was', () => {
    const told = toldStart(odd);
    expect(told.start).toMatch(/^[\x20-\x7e]+$/);
    expect(readStart(structuredClone(told))).toEqual(odd);
  });

  it.each([null, undefined, {}, { start: 1 }, { start: 'x' }, { start: '{"words":[1],"cwd":"/"}' }])('is not read from %j', (told) =>
    expect(readStart(told)).toBeNull(),
  );

  it('is told directly while Chromium can hold it', () => {
    const start = (count: number) => ({
      words: Array.from({ length: count }, (_, index) => `/p/${'x'.repeat(150)}${index}`),
      cwd: '/',
      milliseconds: 0,
    });
    const isLong = (count: number): boolean => isTooLong(['/onestep', ...start(count).words], start(count));
    expect([isLong(1), isLong(50), isLong(100), isLong(200)]).toEqual([false, false, true, true]);
  });

  it('that is longer is handed over in a file, once', async () => {
    const folder = await temporaryFolder();
    const long = { ...odd, words: ['--no-sandbox', ...odd.words] };
    const words = handOver(long, folder);
    expect(words).toEqual(['--no-sandbox', '--enhance', expect.stringMatching(/^--handed-over=/)]);
    const again = { words, cwd: '/elsewhere', milliseconds: 1 };
    expect(takeOver(again, folder)).toEqual(long);
    expect(await readdir(folder)).toEqual([]);
    expect(takeOver(again, folder)).toEqual(again);
  });

  it('takes over no other file', async () => {
    const start = { words: ['--handed-over=../../package'], cwd: '/', milliseconds: 0 };
    expect(takeOver(start, await temporaryFolder())).toEqual(start);
  });
});
