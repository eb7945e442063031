import { readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { SupervisedEngine } from '../../src/app/supervised-engine.ts';
import { run } from '../../src/cli/program.ts';
import { options, optionNames } from '../../src/shared/options.ts';
import { testFolder } from '../support/golden.ts';
import { onestep, writePicture } from '../support/programs.ts';

describe('onestep', () => {
  it('prints help and version', async () => {
    const folder = await testFolder();
    const help = await onestep(folder, ['enhance', '--help']);
    expect(help.status).toBe(0);
    for (const name of optionNames) for (const { flag } of options[name].flags) expect(help.out).toContain(flag);
    expect((await onestep(folder, [])).out).toMatch(/enhance.*models.*devices.*info/s);
    const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8')) as { version: string };
    expect(await onestep(folder, ['--version'])).toMatchObject({ status: 0, out: `${version}\n` });
    // Nothing of that needs the engine, which would have made its folders.
    expect(await readdir(folder)).toEqual([]);
  });

  it.each([
    [['enhance'], "missing required argument 'files and folders'"],
    [['enhance', 'a.jpg', '--scale', '5'], "argument '5' is invalid. Possible: auto, 2, 3, 4 or 8"],
    [['enhance', 'a.jpg', '--fit', '100'], "argument '100' is invalid"],
    [['enhance', 'a.jpg', '--print', '10x15'], "argument '10x15' is invalid"],
    [['enhance', 'a.jpg', '--quality', ''], "argument '' is invalid"],
    [['enhance', 'a.jpg', '--scale', '2', '--long-edge', '100'], 'cannot be used with option'],
    [['enhance', 'a.jpg', '--region', '1,2,3'], 'Possible: four whole numbers'],
    [['enhance', 'a.jpg', '--report', 'report.txt'], 'A report must be a .json or .csv file.'],
    [['enhance', 'a.jpg', '--nonsense'], "unknown option '--nonsense'"],
    [['evaluate'], "required option '--results <folder>' not specified"],
    [['nonsense'], "unknown command 'nonsense'"],
  ])('%j ends with 2 and says why', async (words, why) => {
    let [out, error] = ['', ''];
    const streams = { out: (text: string) => (out += text), error: (text: string) => (error += text), columns: () => null };
    const launch = (): never => {
      throw new Error('bad arguments must not need the engine');
    };
    const engine = new SupervisedEngine({ launch, settings: { modelFolders: [], cacheFolder: '', temporaryFolder: '', threads: 1 } });
    const notHere = (): Promise<never> => Promise.reject(new Error('not here'));
    const installation = { version: '0.0.0', modelsFolder: '', openEngine: launch };
    expect(await run(words, { engine, streams, installation, openDownloads: notHere, openMetrics: notHere })).toBe(2);
    expect(error).toContain(why);
    expect(out).toBe('');
  });

  it('ends its process with that status', async () => {
    expect(await onestep(await testFolder(), ['enhance', 'a.jpg', '--scale', '5'])).toMatchObject({ status: 2, out: '' });
  });

  it('lists models and facts about photos, as text and as JSON', async () => {
    const folder = await testFolder();
    await writePicture(join(folder, 'a.png'));
    const models = await onestep(folder, ['models', '--json']);
    expect(JSON.parse(models.out)).toContainEqual(expect.objectContaining({ id: 'identity-x2', scale: 2, problem: null }));
    expect((await onestep(folder, ['models'])).out).toMatch(/^identity-x2 {2}×2/m);
    expect(JSON.parse((await onestep(folder, ['info', 'a.png', '--json'])).out)).toMatchObject([{ width: 40, height: 30, format: 'png' }]);
    expect((await onestep(folder, ['info', 'a.png'])).out).toMatch(/^ {2}size +40×30 px/m);
    expect(await onestep(folder, ['info', 'missing.png'])).toMatchObject({ status: 3, out: '' });
  });
});
