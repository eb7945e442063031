import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { createEngine } from '../../src/engine/engine.ts';
import type { JobReport, Progress } from '../../src/shared/engine-protocol.ts';
import { defaultOptions, type Options } from '../../src/shared/options.ts';
import type { Region } from '../../src/shared/request.ts';
import { noImports, testFolder } from '../support/golden.ts';
import { crop, noise, same } from '../support/memory-pixels.ts';
import { oneStepModel } from '../support/one-step-model.ts';

/** An engine that knows the tiny model, and what it told while it worked. Cancels the job that tells what `cancelWhen` waits for. */
async function setUp(tiny: Parameters<typeof oneStepModel>[0] = {}, cancelWhen: (progress: Progress) => boolean = () => false) {
  const model = await oneStepModel(tiny);
  const folder = await testFolder();
  const told: Progress[] = [];
  const progress = (jobId: string, step: unknown): void => {
    told.push(step as Progress);
    if (cancelWhen(step as Progress)) void engine.process.cancel(jobId);
  };
  const engine = createEngine({ progress, notice: () => undefined }, noImports);
  const temporaryFolder = join(folder, 'temporary');
  await engine.process.open({ modelFolders: [dirname(model.folder)], cacheFolder: join(folder, 'cache'), temporaryFolder, threads: 1 });
  let jobs = 0;
  const enhance = (source: string, options: Partial<Options>, region?: Region): Promise<JobReport> =>
    engine.photos.enhance(`job ${(jobs += 1)}`, {
      source,
      options: { ...defaultOptions, provider: 'cpu', model: 'tiny', format: 'png', ...options },
      ...(region === undefined ? {} : { region }),
    });
  return { folder, temporaryFolder, told, enhance };
}

const pixelsOf = async (path: string | null): Promise<Uint8Array> =>
  new Uint8Array(
    await sharp(path ?? '')
      .removeAlpha()
      .raw()
      .toBuffer(),
  );

describe('a photo through the whole engine', () => {
  it('with transparency, or grey, or of one pixel comes out at its size, and the report says what was used', async () => {
    const { folder, temporaryFolder, told, enhance } = await setUp();
    for (const [name, width, height, channels] of [
      ['alpha', 30, 21, 4],
      ['grey', 19, 40, 1],
      ['pixel', 1, 1, 3],
    ] as const) {
      const source = join(folder, `${name}.png`);
      const samples = Buffer.alloc(width * height * channels, 0).map((_, index) => (index * 89) % 256);
      await sharp(samples, { raw: { width, height, channels } })
        .toColourspace(channels === 1 ? 'b-w' : 'srgb')
        .toFile(source);
      const report = await enhance(source, { target: { kind: 'scale', scale: 2 }, fidelity: 0.5 });
      expect(report).toMatchObject({ status: 'done', provider: 'cpu', precision: 'fp32', strength: 1, semantic: null, fidelity: 0.5 });
      const written = await sharp(report.output ?? '').metadata();
      expect([written.width, written.height, written.channels]).toEqual([2 * width, 2 * height, channels]);
    }
    expect(new Set(told.map(({ tileStage }) => tileStage))).toEqual(new Set([undefined, 'encoder', 'unet', 'decoder']));
    expect(told.every(({ fraction }) => fraction >= 0 && fraction <= 1)).toBe(true);
    expect(await readdir(temporaryFolder)).toEqual([]);
  });

  it('twice over, in part, is what the whole has there', async () => {
    // Each tile is moved by its own mean, so that every tile must be the one of the whole.
    const { folder, enhance } = await setUp({
      unet: { inputs: ['latent'], network: (b) => b.mul(b.sub('latent', b.globalAveragePool('latent')), 0.3) },
    });
    const source = join(folder, 'photo.png');
    const format = { width: 70, height: 60, channels: 3, bits: 8 } as const;
    await sharp(noise(format), { raw: format }).toFile(source);
    const options = { target: { kind: 'scale', scale: 4 }, fidelity: 0.7 } as const;
    const whole = await pixelsOf((await enhance(source, options)).output);
    const part = await pixelsOf((await enhance(source, options, { left: 40, top: 33, width: 12, height: 9 })).output);
    const place = { left: 160, top: 132, width: 48, height: 36 };
    expect(same(part, crop({ ...format, width: 280, height: 240 }, whole, place))).toBe(true);
  });

  it('is cancelled within a tile, and leaves nothing', async () => {
    const { folder, temporaryFolder, told, enhance } = await setUp({}, ({ tile }) => tile !== undefined);
    const source = join(folder, 'photo.png');
    const format = { width: 200, height: 200, channels: 3, bits: 8 } as const;
    await sharp(noise(format), { raw: format }).toFile(source);
    await expect(enhance(source, { target: { kind: 'scale', scale: 2 } })).rejects.toMatchObject({ code: 'cancelled' });
    expect(told.filter(({ tile }) => tile !== undefined).length).toBe(1);
    expect(await readdir(temporaryFolder)).toEqual([]);
    expect((await readdir(folder)).filter((name) => name.includes('_2x'))).toEqual([]);
  });
});
