import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { electronBinary } from '../../scripts/electron-binary.mjs';
import { chromiumWords, findChromium } from '../support/chromium.ts';
import { standinFolder } from '../support/electron-standin/build.ts';
import { temporaryFolder } from '../support/photo-files.ts';
import { needs } from '../support/needs.ts';

const fixture = join(import.meta.dirname, '../fixtures/electron-semantics');

const electrons = [
  { name: 'the stand-in for Electron', all: ['linux', 'chromium'], binary: join(standinFolder, 'electron') },
  { name: 'Electron itself', all: ['electron'], binary: electronBinary({}) },
] as const;

describe.each(electrons)('$name', ({ all, binary }) => {
  it('behaves as our code takes for granted', needs(...all), async () => {
    const words = [...chromiumWords, `--user-data-dir=${await temporaryFolder()}`, fixture];
    const env = { ...process.env, STANDIN_CHROMIUM: findChromium() ?? '' };
    const { stdout } = await promisify(execFile)(binary ?? '', words, { env, timeout: 60_000 });
    const [, result = '{}'] = /^RESULT (.*)$/m.exec(stdout) ?? [];
    expect(JSON.parse(result)).toEqual(JSON.parse(await readFile(join(fixture, 'expected.json'), 'utf8')));
  });
});
