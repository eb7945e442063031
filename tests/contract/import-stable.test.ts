import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { manifestSchema } from '../../src/shared/manifest.ts';
import { testFolder } from '../support/golden.ts';
import { onestep, writePicture } from '../support/programs.ts';
import { safetensorsOf, writeTinyFolder } from '../support/stable-folder.ts';

describe('onestep models import --diffusers', () => {
  it('makes a model of Stable Diffusion that enlarges photos, and says what it lacks', async () => {
    const folder = await testFolder();
    const models = join(folder, 'models');
    const run = (...words: string[]) => onestep(folder, words, { env: { ONESTEP_MODELS: models } });
    const base = await writeTinyFolder(join(folder, 'tiny-diffusion'));
    const without = await run('models', 'import', '--diffusers', base);
    expect(without).toMatchObject({ status: 3, error: expect.stringContaining('The embedding is missing') as string });
    expect(await readdir(models)).toEqual([]);

    const embedding = join(folder, 'embedding.safetensors');
    await writeFile(embedding, safetensorsOf(new Map([['embedding', { dims: [1, 5, 12], values: new Float32Array(60).fill(0.3) }]])));
    const words = ['models', 'import', '--diffusers', base, '--embedding', embedding, '--licence', 'CC0-1.0'];
    expect(await run(...words, '--name', 'Tiny One')).toMatchObject({ status: 0, error: '' });
    const manifest = manifestSchema.parse(JSON.parse(await readFile(join(models, 'tiny-one', 'manifest.json'), 'utf8')));
    expect(manifest).toMatchObject({
      pipeline: 'one-step-diffusion',
      diffusion: { step: { kind: 'eps_x0', timestep: 399 }, tile: 512, overlap: 64, blend: 'mean', colourFix: 'adain' },
      graphs: [{ precision: 'fp16' }, { precision: 'fp32' }],
      card: { licence: 'CC0-1.0', imported: { kind: 'Stable Diffusion 2', recipe: { timestep: 399 } } },
    });

    const photo = await writePicture(join(folder, 'photo.png'), 41, 33);
    expect(await run('enhance', photo, '--model', 'tiny-one', '--scale', '4', '--provider', 'cpu')).toMatchObject({ status: 0 });
    expect(await sharp(join(folder, 'photo_4x.png')).metadata()).toMatchObject({ width: 164, height: 132 });

    // The same files make the same model, but not with another step.
    expect(await run(...words)).toMatchObject({ status: 3, error: expect.stringContaining('installed already, as tiny-one') as string });
    expect(await run(...words, '--timestep', '200')).toMatchObject({ status: 0 });
    expect((await readdir(models)).sort()).toEqual(['tiny-diffusion', 'tiny-one']);
  });

  it('asks for what makes sense', async () => {
    const folder = await testFolder();
    const run = (...words: string[]) =>
      onestep(folder, ['models', 'import', ...words], { env: { ONESTEP_MODELS: join(folder, 'models') } });
    expect(await run('--diffusers', 'one', 'another.onnx')).toMatchObject({ status: 2 });
    expect(await run('--diffusers', 'one', '--timestep', '1000')).toMatchObject({ status: 2 });
    expect(await run('--diffusers', 'one', '--step', 'magic')).toMatchObject({ status: 2 });
    expect(await run('--diffusers', 'one')).toMatchObject({
      status: 3,
      error: expect.stringContaining('one has no unet/config.json') as string,
    });
  });
});
