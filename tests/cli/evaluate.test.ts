import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { testFolder } from '../support/golden.ts';
import { flatPicture, savePicture } from '../support/pictures.ts';
import { onestep, type CommandResult } from '../support/programs.ts';

interface Place {
  readonly folder: string;
  readonly run: (...words: string[]) => Promise<CommandResult>;
}

/** Two photos with results in a folder of their own, one reference that nobody needs, and no parameters of NIQE. */
async function workplace(): Promise<Place> {
  const folder = await testFolder();
  for (const name of ['photos/sub', 'larger/sub', 'references']) await mkdir(join(folder, name), { recursive: true });
  await savePicture(flatPicture(20, 16, 100), join(folder, 'photos/a.png'));
  await savePicture(flatPicture(20, 16, 50), join(folder, 'photos/sub/b.png'));
  await savePicture(flatPicture(40, 32, 110), join(folder, 'larger/a_2x.png'));
  await savePicture(flatPicture(40, 32, 50), join(folder, 'larger/sub/b_2x.png'));
  await savePicture(flatPicture(40, 32, 100), join(folder, 'references/a.png'));
  await savePicture(flatPicture(40, 32, 100), join(folder, 'references/unused.png'));
  return { folder, run: (...words) => onestep(folder, words, { env: { ONESTEP_METRICS: join(folder, 'metrics') } }) };
}

const tenLevels = 10 * Math.log10(1 / (((219 * 10) / 255 / 255) ** 2 + 1e-8));

describe('onestep evaluate', () => {
  it('pairs by name, prints a table, and says what is missing', async () => {
    const { run } = await workplace();
    const { status, out, error } = await run('evaluate', '--results', 'larger', '--sources', 'photos');
    expect(out).toBe(
      [
        'result     LR-consistency dB',
        'a_2x.png               29.45',
        'b_2x.png               80.00',
        'mean of 2              54.73',
        '',
      ].join('\n'),
    );
    expect(error).toContain('NIQE was left out: its parameters are not installed. Get them with `onestep metrics download niqe`');
    expect(status).toBe(0);
    expect(tenLevels.toFixed(2)).toBe('29.45');
  });

  it('writes JSON, CSV and a chart, and ends with 1 where a result lacks what was asked for', async () => {
    const { folder, run } = await workplace();
    const files = ['--csv', 'numbers.csv', '--chart', 'chart.svg'];
    const { status, out, error } = await run('evaluate', '--results', 'larger', '--reference', 'references', '--json', ...files);
    const answer = JSON.parse(out) as { results: { values: Record<string, number> }[]; means: unknown; alone: unknown[] };
    expect(answer.results.map(({ values }) => values)).toEqual([
      { 'psnr-y': expect.closeTo(tenLevels, 6) as number, 'ssim-y': expect.any(Number) as number },
      {},
    ]);
    expect(answer.means).toMatchObject({ 'psnr-y': { value: expect.closeTo(tenLevels, 6) as number, count: 1 } });
    expect(answer.alone).toEqual([
      { path: join(folder, 'larger/sub/b_2x.png'), missing: 'reference' },
      { path: join(folder, 'references/unused.png'), missing: 'result' },
    ]);
    expect(status).toBe(1);
    expect(error).not.toContain('\u001b');
    const rows = (await readFile(join(folder, 'numbers.csv'), 'utf8')).split('\r\n');
    expect(rows[0]).toBe('result,reference,source,width,height,psnr_y,ssim_y,problem');
    expect(rows[1]).toMatch(/larger\/a_2x\.png,.+references\/a\.png,,40,32,29\.4/);
    const chart = await readFile(join(folder, 'chart.svg'), 'utf8');
    expect(chart).toMatch(/^<svg [^>]*role="img"/);
    expect(chart).toMatch(/PSNR-Y, dB.*higher is better.*a_2x\.png|a_2x\.png.*PSNR-Y, dB/s);
  });

  it('knows results that lie beside their photos, and single files', async () => {
    const { folder, run } = await workplace();
    await savePicture(flatPicture(40, 32, 100), join(folder, 'photos/a_2x.png'));
    const beside = JSON.parse((await run('evaluate', '--results', 'photos', '--sources', 'photos', '--json')).out) as {
      results: { result: string; source: string }[];
    };
    expect(beside.results).toMatchObject([{ result: join(folder, 'photos/a_2x.png'), source: join(folder, 'photos/a.png') }]);
    const single = await run('evaluate', '--results', 'larger/a_2x.png', '--reference', 'references/unused.png');
    expect(single.out).toMatch(/^result .*PSNR-Y dB +SSIM-Y\na_2x\.png +29\.4\d\d +0\.99\d\d\n$/);
  });

  it('goes on after a result that is none, and ends with 3 where there is nothing', async () => {
    const { folder, run } = await workplace();
    await writeFile(join(folder, 'larger/broken.png'), 'no picture');
    const { status, out, error } = await run('evaluate', '--results', 'larger', '--sources', 'photos');
    expect(out).toContain('mean of 2');
    expect(error).toMatch(/broken\.png: no source was found for it\..*broken\.png: The file is not/s);
    expect(status).toBe(1);
    await mkdir(join(folder, 'empty'));
    expect(await run('evaluate', '--results', 'empty')).toMatchObject({ status: 3, out: '' });
    expect(await run('evaluate', '--results', 'nowhere')).toMatchObject({ status: 3, error: expect.stringContaining('nowhere') as string });
  });
});

describe('onestep metrics', () => {
  it('lists what can be measured and what can be downloaded', async () => {
    const { run } = await workplace();
    expect((await run('metrics')).out).toMatch(/^PSNR-Y \(dB\): higher is better\n.*^niqe {2}12 kB {2}Apache-2\.0 {2}can be downloaded/ms);
    expect(JSON.parse((await run('metrics', '--json')).out)).toMatchObject({ downloads: [{ id: 'niqe', installed: false }] });
    expect(await run('metrics', 'download', 'nonsense')).toMatchObject({
      status: 3,
      error: expect.stringContaining('no metric called nonsense') as string,
    });
  });
});
