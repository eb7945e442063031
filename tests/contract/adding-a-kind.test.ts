import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, it, vi } from 'vitest';
import * as z from 'zod';
import { createEngine } from '../../src/engine/engine.ts';
import type { ModelOfKind } from '../../src/engine/pipelines/kind.ts';
import { kinds } from '../../src/engine/pipelines/kinds.ts';
import type { UsableModel } from '../../src/engine/runtime/model.ts';
import { fromGraph } from '../../src/engine/runtime/samples.ts';
import { runTiles } from '../../src/engine/tiles/run.ts';
import type { FeedForwardManifest, Manifest } from '../../src/shared/manifest.ts';
import { defaultOptions } from '../../src/shared/options.ts';
import { noImports, testFolder } from '../support/golden.ts';
import { nearest, noise, same } from '../support/memory-pixels.ts';
import { sourceFiles } from '../support/source-files.ts';

/*
 * A pipeline kind is a folder of its own, a line in `kinds.ts` and a schema in the manifest. Here the folder is this file: a kind
 * that repeats every pixel, without a graph. What it says is all that the application is told.
 */

/** The schema in `src/shared/manifest.ts`. */
vi.mock('../../src/shared/manifest.ts', async (original) => {
  const { manifestSchema } = await original<typeof import('../../src/shared/manifest.ts')>();
  const [feedForward] = manifestSchema.options;
  const toySchema = feedForward.extend({ pipeline: z.literal('toy') });
  return { manifestSchema: z.discriminatedUnion('pipeline', [...manifestSchema.options, toySchema]) };
});

/** The line in `src/engine/pipelines/kinds.ts`. */
Object.assign(kinds, { toy });

const scale = 3;

function toy({ id, folder, manifest }: UsableModel<FeedForwardManifest>): ModelOfKind {
  return {
    ...{ id, folder, scale, tileScale: scale, weights: [], selfTest: manifest.selfTest, fixedTiles: false, defaultConstants: {} },
    ways: [
      {
        precision: 'fp32',
        files: [],
        format: { samples: 'uint8', layout: 'nhwc', black: 0 },
        open: () =>
          Promise.resolve({
            run: (input, width, height) => Promise.resolve({ output: repeated(input as Uint8Array, width, height), seconds: 0 }),
            release: () => Promise.resolve(),
          }),
      },
    ],
    reach: 0,
    scratchBytes: () => 0,
    constants: () => ({}),
    enlarge: (source, { inference, tileRows, ...run }) =>
      runTiles(source, {
        ...run,
        ...{ scale, overlap: 0, tileRows },
        infer: (input, width, height) => inference.infer({ source, input, width, height, read: fromGraph }),
      }),
  };
}

const repeated = (input: Uint8Array, width: number, height: number): Uint8Array =>
  nearest({ width, height, channels: 3, bits: 8 }, input, scale) as Uint8Array;

describe('a pipeline kind', () => {
  it('that is added is tested, chosen, run and written like every other', async () => {
    const folder = await testFolder();
    const models = join(folder, 'models');
    await mkdir(join(models, 'toy'), { recursive: true });
    const side = { width: 16, height: 16, channels: 3, bits: 8 } as const;
    const tile = noise(side) as Uint8Array;
    const selfTest = Buffer.concat([tile, repeated(tile, 16, 16)]);
    await writeFile(join(models, 'toy', 'self-test.bin'), selfTest);
    const sha256 = createHash('sha256').update(selfTest).digest('hex');
    const graph = { file: 'none.onnx', sha256: '0'.repeat(64), precision: 'fp32', samples: 'uint8' };
    const manifest = {
      ...{ schema: 1, id: 'toy', name: 'Toy', summary: '', pipeline: 'toy', scale, overlap: 0, graphs: [graph] },
      selfTest: { file: 'self-test.bin', sha256, width: 16, height: 16 },
      tensors: { input: '', output: '', layout: 'nhwc' },
      card: { licence: '', limits: '' },
    };
    await writeFile(join(models, 'toy', 'manifest.json'), JSON.stringify(manifest));

    const format = { width: 23, height: 17, channels: 3, bits: 8 } as const;
    const pixels = noise(format);
    const photo = join(folder, 'photo.png');
    await sharp(pixels, { raw: { width: 23, height: 17, channels: 3 } }).toFile(photo);
    const engine = createEngine({ progress: () => undefined, notice: () => undefined }, noImports);
    const [cacheFolder, temporaryFolder] = [join(folder, 'cache'), join(folder, 'temporary')];
    await engine.process.open({ modelFolders: [models], cacheFolder, temporaryFolder, threads: 1 });
    const options = { ...defaultOptions, model: 'toy', provider: 'cpu', target: { kind: 'scale', scale } } as const;
    const report = await engine.photos.enhance('toy', { source: photo, options });
    expect(report).toMatchObject({ status: 'done', provider: 'cpu', precision: 'fp32', width: 69, height: 51, notices: [] });
    const written = await sharp(report.output ?? '')
      .raw()
      .toBuffer();
    expect(same(new Uint8Array(written), nearest(format, pixels, scale))).toBe(true);
  });

  it('is named in the schema of the manifest, in the table, and by itself, and nowhere else', async () => {
    const faces = { 'face-detector': 'faces', 'face-restorer': 'faces' };
    const names: Record<Manifest['pipeline'], string> = { 'feed-forward': 'feed-forward', 'one-step-diffusion': 'one-step', ...faces };
    for (const [name, folder] of Object.entries(names)) {
      const naming = (await sourceFiles()).filter(({ text }) => text.includes(`'${name}'`)).map(({ path }) => path);
      expect(naming.filter((path) => !path.startsWith(`src/engine/pipelines/${folder}/`))).toEqual([
        'src/engine/pipelines/kinds.ts',
        'src/shared/manifest.ts',
      ]);
    }
  });
});

describe('an option', () => {
  it('is named by its row, what it is arithmetic for, and little else: `strength`, in at most five files of src', async () => {
    const naming = (await sourceFiles()).filter(({ path, text }) => !path.includes('/words/') && text.includes('strength'));
    expect(naming.map(({ path }) => path)).toContain('src/shared/options.ts');
    expect(naming.length, naming.map(({ path }) => path).join('\n')).toBeLessThanOrEqual(5);
  });
});
