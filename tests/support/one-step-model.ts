import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GraphBuilder } from '../../src/convert/graph/builder.ts';
import { encodeGraph } from '../../src/convert/graph/write.ts';
import { finishOneStep } from '../../src/engine/pipelines/one-step/finish.ts';
import type { UsableModel } from '../../src/engine/runtime/model.ts';
import type { Diffusion } from '../../src/shared/diffusion.ts';
import type { OneStepManifest } from '../../src/shared/manifest.ts';
import { testFolder } from './golden.ts';

/** Tiles of tiny models: the smallest with everything, overlap, several latent numbers and a scale that divides them. */
export const tile = 32;
export const overlap = 8;
const factor = 2;
export const channels = 3 * factor ** 2;

type Network = (b: GraphBuilder, input: string) => string;

export interface TinyModel {
  readonly scale?: number;
  readonly diffusion?: Partial<Diffusion>;
  readonly options?: OneStepManifest['options'];
  /** By default the pixels of 2 × 2 squares as channels, and back. */
  readonly encoder?: Network | null;
  readonly decoder?: Network;
  /** Of the inputs that it is given by name; by default gives zeros, which is the photo for the step `residual`. */
  readonly unet?: { readonly inputs: readonly ('latent' | 'image' | 'source')[]; readonly network: (b: GraphBuilder) => string };
  readonly pixelUnet?: Network;
}

/** A model of a few bytes in a folder of its own: computed exactly by reading what its networks say. */
export async function oneStepModel(tiny: TinyModel = {}): Promise<UsableModel<OneStepManifest>> {
  const folder = join(await testFolder(), 'tiny');
  await mkdir(folder);
  const { scale = 2, unet } = tiny;
  const side = tiny.diffusion?.tile ?? tile;
  const dims = {
    latent: [1, channels, side / factor, side / factor],
    image: [1, 3, side, side],
    source: [1, 3, side / scale, side / scale],
  };
  const write = async (file: string, inputs: readonly (keyof typeof dims)[], output: string, network: (b: GraphBuilder) => string) => {
    const b = new GraphBuilder(file);
    for (const input of inputs) b.input(input, dims[input]);
    b.reserve(output);
    b.output(output, network(b), output === 'image' ? dims.image : dims.latent);
    const bytes = await encodeGraph(b.finish());
    await writeFile(join(folder, `${file}.onnx`), bytes);
    return { file: `${file}.onnx`, sha256: createHash('sha256').update(bytes).digest('hex') };
  };
  const encoder = tiny.encoder ?? ((b: GraphBuilder, x: string) => b.pixelUnshuffle(x, factor, 3));
  const decoder = tiny.decoder ?? ((b: GraphBuilder, x: string) => b.depthToSpace(x, factor));
  const { pixelUnet } = tiny;
  const manifest: Omit<OneStepManifest, 'pipeline' | 'selfTest'> = {
    ...{ schema: 1, id: 'tiny', name: 'Tiny', summary: '', experimental: true, scale },
    diffusion: {
      step: { kind: 'residual' },
      latent: { channels, factor, scalingFactor: 0.5 },
      ...{ upscale: 'bicubic', tile, overlap, blend: 'mean', colourFix: 'none' },
      ...tiny.diffusion,
    },
    graphs: [
      {
        precision: 'fp32',
        encoder: tiny.encoder === null ? null : await write('encoder', ['image'], 'latent', (b) => encoder(b, 'image')),
        unet: await write('unet', unet?.inputs ?? ['latent'], 'noise', unet?.network ?? ((b) => b.mul('latent', 0))),
        ...(pixelUnet === undefined ? {} : { pixelUnet: await write('pixel', ['latent'], 'noise', (b) => pixelUnet(b, 'latent')) }),
        decoder: await write('decoder', ['latent'], 'image', (b) => decoder(b, 'latent')),
      },
    ],
    weights: [],
    options: tiny.options ?? (tiny.encoder === null ? {} : { strength: { default: 1 }, fidelity: { default: 0 } }),
    card: { licence: 'MIT', limits: '' },
  };
  return { id: 'tiny', folder, manifest: await finishOneStep({ folder, manifest, threads: 1 }), problem: null };
}
