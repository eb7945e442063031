import { spawn } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { expect, it } from 'vitest';
import { build } from 'vite';
import { goldenFolder, testFolder } from '../support/golden.ts';
import { nearest, same } from '../support/memory-pixels.ts';
import { builtProgram, writePicture } from '../support/programs.ts';

/** The program in one file, so that Node starts it as it stands. */
async function bundled(folder: string): Promise<string> {
  const entry = join(import.meta.dirname, '../support/queue-program.ts');
  await build({
    ...{ configFile: false, logLevel: 'silent', ssr: { noExternal: true } },
    build: { ssr: entry, outDir: folder, target: 'es2023' },
  });
  const [file = ''] = (await readdir(folder)).filter((name) => name.startsWith('queue-program.'));
  return join(folder, file);
}

interface Ended {
  readonly signal: NodeJS.Signals | null;
  readonly out: string;
}

async function run(program: string, folder: string, ...moment: string[]): Promise<Ended> {
  const child = spawn(process.execPath, [program, folder, builtProgram('engine-host.js'), goldenFolder, ...moment], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let out = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  const signal = await new Promise<NodeJS.Signals | null>((resolve) => {
    child.on('close', (_, by) => resolve(by));
  });
  return { signal, out };
}

it('does every one of 30 photos exactly once, however often the application is killed', async () => {
  const folder = await testFolder();
  const program = await bundled(join(folder, 'program'));
  const names = Array.from({ length: 30 }, (_, index) => `photo-${index}`);
  const format = { width: 90, height: 120, channels: 3, bits: 8 } as const;
  for (const name of names) await writePicture(join(folder, `${name}.png`), format.width, format.height);

  const moments = ['begun:1', 'tile:4', 'encode:5', 'verify:3', 'result:4'];
  for (const moment of moments) expect(await run(program, folder, ...moment.split(':'))).toEqual({ signal: 'SIGKILL', out: '' });
  const last = await run(program, folder);
  expect(JSON.parse(last.out)).toEqual({ waiting: 0, running: 0, done: 30, skipped: 0, failed: 0, cancelled: 0 });

  const pictures = names.flatMap((name) => [`${name}.png`, `${name}_2x.png`]).sort();
  const files = (await readdir(folder)).sort();
  expect(files).toEqual([...pictures, 'cache', 'log.txt', 'program', 'state', 'temporary'].sort());
  expect(await readdir(join(folder, 'temporary'))).toEqual([]);
  expect((await readdir(join(folder, 'state'))).sort()).toEqual(['done.ndjson', 'queue.ndjson']);

  const journal = (await readFile(join(folder, 'state/queue.ndjson'), 'utf8')).trimEnd().split('\n');
  const ends = journal
    .map((line) => JSON.parse(line) as { type?: string; id: string; report: unknown })
    .filter(({ type }) => type === 'ended');
  expect(new Set(ends.map(({ id }) => id)).size).toBe(30);
  expect(ends.length).toBe(30);
  // Killed between the result and the line that says so.
  expect(ends.filter(({ report }) => report === null).length).toBeGreaterThan(0);

  const log = (await readFile(join(folder, 'log.txt'), 'utf8')).trimEnd().split('\n');
  for (const name of names) {
    const path = join(folder, `${name}.png`);
    const result = log.indexOf(`result ${path}`);
    // Once it was known to be done it was never begun again; the one whose end was lost is not known here.
    if (result !== -1) expect(log.lastIndexOf(`enhance ${path}`)).toBeLessThan(result);
    const source = await sharp(path).raw().toBuffer();
    const enlarged = await sharp(join(folder, `${name}_2x.png`))
      .raw()
      .toBuffer();
    expect(same(new Uint8Array(enlarged), new Uint8Array(nearest(format, source, 2)))).toBe(true);
  }
  expect(log.filter((line) => line.startsWith('enhance')).length).toBeLessThanOrEqual(30 + moments.length);
});
