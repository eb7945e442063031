import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import type { ImportOutcome, ModelSummary } from '../../src/shared/engine-protocol.ts';
import { testFolder } from '../support/golden.ts';
import { repeatingModel } from '../support/ncnn-files.ts';
import { onestep, writePicture, type CommandResult } from '../support/programs.ts';

/** The built program with a folder of models of its own. */
async function workplace(): Promise<{ folder: string; models: string; run: (...words: string[]) => Promise<CommandResult> }> {
  const folder = await testFolder();
  const models = join(folder, 'models');
  return { folder, models, run: (...words) => onestep(folder, words, { env: { ONESTEP_MODELS: models } }) };
}

const rgb = async (path: string): Promise<Buffer> => sharp(path).removeAlpha().raw().toBuffer();

/** Every pixel twice as wide and high, lighter by `levels`. */
async function repeated(photo: string, levels = 0): Promise<number[]> {
  const { width, height } = await sharp(photo).metadata();
  const pixels = await rgb(photo);
  return Array.from({ length: pixels.length * 4 }, (_, index) => {
    const [channel, x, y] = [index % 3, Math.floor(index / 3) % (width * 2), Math.floor(index / 6 / width)];
    const from = (Math.min(height - 1, Math.floor(y / 2)) * width + Math.floor(x / 2)) * 3 + channel;
    return Math.min(255, (pixels[from] ?? 0) + levels);
  });
}

describe('onestep models', () => {
  it('imports an ncnn model that enlarges photos from then on, tests it and removes it', async () => {
    const { folder, models, run } = await workplace();
    const param = await repeatingModel().write(folder, 'Tiny Repeater_x2');
    const imported = await run('models', 'import', param, '--licence', 'CC0-1.0', '--json');
    expect(imported).toMatchObject({ status: 0, error: '' });
    const [outcome] = JSON.parse(imported.out) as ImportOutcome[];
    expect(outcome).toMatchObject({ source: 'Tiny Repeater_x2', kind: 'ncnn', problem: null, model: { id: 'tiny-repeater-x2', scale: 2 } });

    const listed = JSON.parse((await run('models', 'list', '--json')).out) as ModelSummary[];
    expect(listed).toMatchObject([{ id: 'tiny-repeater-x2', name: 'Tiny Repeater_x2', licence: 'CC0-1.0', problem: null }]);

    const photo = await writePicture(join(folder, 'photo.png'), 41, 33);
    const enhanced = await run('enhance', photo, '--model', 'tiny-repeater-x2', '--scale', '2', '--provider', 'cpu');
    expect(enhanced.status).toBe(0);
    expect(Array.from(await rgb(join(folder, 'photo_2x.png')))).toEqual(await repeated(photo));

    const tried = await run('models', 'quantise', 'tiny-repeater-x2', '--json');
    expect(tried.status).toBe(3);
    expect(JSON.parse(tried.out)).toMatchObject({ model: 'tiny-repeater-x2', kept: false, agreementDb: null });

    expect((await run('models', 'test', 'tiny-repeater-x2')).out).toMatch(/cpu .*yes.*Passed the self-test/);
    expect(await run('models', 'remove', 'tiny-repeater-x2')).toMatchObject({ status: 0 });
    expect(await readdir(models)).toEqual([]);
    expect(await run('models', 'remove', 'tiny-repeater-x2')).toMatchObject({ status: 3 });
  });

  it('imports what is good in a folder, names what is not, and leaves nothing half done', async () => {
    const { folder, models, run } = await workplace();
    const foreign = join(folder, 'foreign');
    await mkdir(foreign);
    await repeatingModel().write(foreign, 'good');
    await writeFile(join(foreign, 'bad.param'), '7767517\n2 2\nInput in 0 1 data\nTeleport far 1 1 data out\n');
    await writeFile(join(foreign, 'bad.bin'), '');
    await writeFile(join(foreign, 'README.txt'), 'not a model');
    const result = await run('models', 'import', foreign);
    expect(result).toMatchObject({ status: 1, out: expect.stringMatching(/^good {2}×2 {2}ncnn/) as string });
    expect(result.error).toContain('The layer far (Teleport) of bad.param is of a kind that Onestep does not know.');
    expect(await readdir(models)).toEqual(['good']);

    const again = await run('models', 'import', join(foreign, 'good.bin'));
    expect(again).toMatchObject({ status: 3, error: expect.stringContaining('installed already, as good') as string });
    expect(await readdir(models)).toEqual(['good']);
  });

  it('says once, before it is used, that a licence forbids commercial use', async () => {
    const { folder, run } = await workplace();
    const param = await repeatingModel().write(folder, 'restricted');
    expect(await run('models', 'import', param, '--licence', 'CC-BY-NC-4.0')).toMatchObject({ status: 0 });
    const photos = [await writePicture(join(folder, 'a.png')), await writePicture(join(folder, 'b.png'))];
    const { error } = await run('enhance', ...photos, '--model', 'restricted', '--scale', '2', '--provider', 'cpu');
    expect(error.match(/restricted: Its licence \(CC-BY-NC-4\.0\) forbids commercial use\./g)).toHaveLength(1);
  });

  it('leaves a photo without colour so, whatever the model makes of it', async () => {
    const { folder, run } = await workplace();
    // Lighter in its reds alone.
    const param = await repeatingModel([0.2, 0, 0]).write(folder, 'reddish');
    expect(await run('models', 'import', param)).toMatchObject({ status: 0 });
    const photo = join(folder, 'grey.png');
    const grey = Buffer.from(Uint8Array.from({ length: 24 * 16 * 3 }, (_, index) => (Math.floor(index / 3) * 7) % 200));
    await sharp(grey, { raw: { width: 24, height: 16, channels: 3 } })
      .png()
      .toFile(photo);
    expect((await run('enhance', photo, '--model', 'reddish', '--scale', '2', '--provider', 'cpu')).status).toBe(0);
    const pixels = await rgb(join(folder, 'grey_2x.png'));
    for (let at = 0; at < pixels.length; at += 3) expect([pixels[at + 1], pixels[at + 2]]).toEqual([pixels[at], pixels[at]]);
    const colourful = await writePicture(join(folder, 'colourful.png'));
    expect((await run('enhance', colourful, '--model', 'reddish', '--scale', '2', '--provider', 'cpu')).status).toBe(0);
    const [red = 0] = await rgb(join(folder, 'colourful_2x.png'));
    expect(red).toBe(Math.min(255, ((await rgb(colourful))[0] ?? 0) + 51));
  });

  it('gives every model an id of its own', async () => {
    const { folder, models, run } = await workplace();
    const [first, second] = [join(folder, 'a'), join(folder, 'b')];
    await Promise.all([mkdir(first), mkdir(second)]);
    await repeatingModel().write(first, 'same');
    await repeatingModel(0.05).write(second, 'same');
    expect(await run('models', 'import', first, second)).toMatchObject({ status: 0 });
    expect((await readdir(models)).sort()).toEqual(['same', 'same-2']);
  });

  it('blends two models of equal shape, with --strength between them', async () => {
    const { folder, models, run } = await workplace();
    const plain = await repeatingModel().write(folder, 'plain');
    const lighter = await repeatingModel(40 / 255).write(folder, 'lighter');
    expect(await run('models', 'import', '--blend', plain, lighter, '--name', 'Lightness')).toMatchObject({ status: 0, error: '' });
    const manifest = JSON.parse(await readFile(join(models, 'lightness', 'manifest.json'), 'utf8')) as { options: unknown };
    expect(manifest.options).toEqual({ strength: { constant: 'strength.bin', default: 0.5 } });
    const photo = await writePicture(join(folder, 'photo.png'));
    for (const [strength, levels] of [
      ['0', 0],
      ['0.25', 10],
      ['1', 40],
    ] as const) {
      const words = ['--model', 'lightness', '--scale', '2', '--strength', strength, '--provider', 'cpu', '--name', `at-${strength}`];
      expect((await run('enhance', photo, ...words)).status).toBe(0);
      expect(Array.from(await rgb(join(folder, `at-${strength}.png`)))).toEqual(await repeated(photo, levels));
    }
  });

  it('asks for what makes sense', async () => {
    const { folder, run } = await workplace();
    const [a, b] = [await repeatingModel().write(folder, 'a'), await repeatingModel().write(folder, 'b')];
    expect(await run('models', 'import', a, b, '--name', 'both')).toMatchObject({ status: 2 });
    expect(await run('models', 'import', a, '--blend')).toMatchObject({ status: 2 });
    expect(await run('models', 'import', join(folder, 'missing.onnx'))).toMatchObject({ status: 3 });
    expect(await run('models', 'import')).toMatchObject({ status: 2 });
  });
});
