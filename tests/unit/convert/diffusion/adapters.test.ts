import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { openAdapters, type AdapterFile } from '../../../../src/convert/diffusion/adapters.ts';
import { NetworkWeights } from '../../../../src/convert/diffusion/network-weights.ts';
import { networkParts } from '../../../../src/convert/diffusion/write-networks.ts';
import { testFolder } from '../../../support/golden.ts';
import * as plain from '../../../support/plain-layers.ts';
import type { PlainWeights } from '../../../support/plain-layers.ts';
import { largestDifference } from '../../../support/run-network.ts';
import { safetensorsOf } from '../../../support/stable-folder.ts';
import { keysOf, tinyStable, unread } from '../../../support/stable-shapes.ts';
import { asStateDict, madeUp, sequence } from '../../../support/stable-weights.ts';
import { float32, pickled, torchZip } from '../../../support/weight-files.ts';

const keys = keysOf(tinyStable);
const unetWeights = madeUp(keys.unet);
const rank = 3;
const linearLayer = 'down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_out.0';
const convolution = 'down_blocks.1.resnets.0.conv1';
const next = sequence(9);
const made = (...dims: number[]): { dims: readonly number[]; values: Float32Array } => ({
  dims,
  values: Float32Array.from({ length: dims.reduce((product, size) => product * size, 1) }, next),
});
const linearPair = { down: made(rank, 8), up: made(8, rank) };
const convolutionPair = { down: made(rank, 8, 3, 3), up: made(16, rank, 1, 1) };
type Pair = typeof linearPair;

let folder = '';
beforeEach(async () => {
  folder = await testFolder();
});

async function open(tensors: PlainWeights, scale: number | null = null, name = 'lora.safetensors'): Promise<AdapterFile> {
  await writeFile(join(folder, name), safetensorsOf(tensors));
  return openAdapters(join(folder, name), keys, scale);
}

/** What the layer is like then, whether it is a linear one or a convolution, and what its two branches give for some input. */
async function compare(file: AdapterFile, layer: string, pair: Pair, scale: number): Promise<void> {
  const merged = await new NetworkWeights(asStateDict(unetWeights), file.networks.unet, 'float32').floats(`${layer}.weight`);
  const own = unetWeights.get(`${layer}.weight`) ?? made(0);
  const bias = { dims: [own.dims[0] ?? 0], values: new Float32Array(own.dims[0] ?? 0) };
  const rankBias = { dims: [rank], values: new Float32Array(rank) };
  const layers = new Map([
    ...([
      ['merged.weight', { dims: own.dims, values: merged }],
      ['merged.bias', bias],
      ['own.weight', own],
      ['own.bias', bias],
    ] as const),
    ...([
      ['down.weight', pair.down],
      ['down.bias', rankBias],
      ['up.weight', pair.up],
      ['up.bias', bias],
    ] as const),
  ]);
  if (own.dims.length === 2) {
    const rows = plain.rowsOf(Float32Array.from({ length: 4 * (own.dims[1] ?? 0) }, next), own.dims[1] ?? 0);
    const branch = plain.linear(plain.linear(rows, 'down', layers), 'up', layers).map((row) => row.map((value) => scale * value));
    const both = plain.sum(plain.linear(rows, 'own', layers), branch);
    expect(largestDifference(plain.linear(rows, 'merged', layers).flat(), both.flat())).toBeLessThan(1e-4);
    return;
  }
  const channels = own.dims[1] ?? 0;
  const picture = { channels, side: 5, values: Float64Array.from({ length: channels * 25 }, next) };
  const branch = plain.conv(plain.conv(picture, 'down', layers), 'up', layers);
  const both = plain.added(plain.conv(picture, 'own', layers), { ...branch, values: branch.values.map((value) => scale * value) });
  expect(largestDifference(plain.conv(picture, 'merged', layers).values, both.values)).toBeLessThan(1e-4);
}

/** The two pairs under names that `named` makes of layer and half. */
const tensorsOf = (named: (layer: string, half: 'down' | 'up') => string): Map<string, { dims: readonly number[]; values: Float32Array }> =>
  new Map(
    (
      [
        [linearLayer, linearPair],
        [convolution, convolutionPair],
      ] as const
    ).flatMap(([layer, pair]) => (['down', 'up'] as const).map((half) => [named(layer, half), pair[half]] as const)),
  );

const peft = { down: 'lora_A', up: 'lora_B' };

describe('merging LoRA weights is the same as a second branch beside the layer', () => {
  const layouts: [string, (layer: string, half: 'down' | 'up') => string][] = [
    ['diffusers', (layer, half) => `unet.${layer}.${peft[half]}.weight`],
    ['peft', (layer, half) => `base_model.model.${layer}.${peft[half]}.weight`],
    ['HYPIR', (layer, half) => `${layer}.${peft[half]}.default.weight`],
    ['old diffusers', (layer, half) => `unet.${layer}.lora.${half}.weight`],
    ['kohya', (layer, half) => `lora_unet_${layer.replaceAll('.', '_')}.lora_${half}.weight`],
  ];
  it.each(layouts)('%s: α is the rank', async (_, named) => {
    const file = await open(tensorsOf(named));
    expect(file.rank).toBe(rank);
    await compare(file, linearLayer, linearPair, 1);
    await compare(file, convolution, convolutionPair, 1);
    await file.close();
  });

  it('attention processors of diffusers, without the number of to_out', async () => {
    const named = (layer: string, half: string): string => `unet.${layer.replace('.to_out.0', `.processor.to_out_lora.${half}.weight`)}`;
    const file = await open(new Map((['down', 'up'] as const).map((half) => [named(linearLayer, half), linearPair[half]])));
    await compare(file, linearLayer, linearPair, 1);
    await file.close();
  });

  it('kohya: α stands in the file', async () => {
    const named = (layer: string, end: string): string => `lora_unet_${layer.replaceAll('.', '_')}.${end}`;
    const tensors = tensorsOf((layer, half) => named(layer, `lora_${half}.weight`));
    tensors.set(named(linearLayer, 'alpha'), { dims: [], values: Float32Array.of(6) });
    const file = await open(tensors);
    expect(file.layout.label).toBe('kohya');
    await compare(file, linearLayer, linearPair, 2);
    await compare(file, convolution, convolutionPair, 1);
    await file.close();
  });

  it('a person’s own factor counts before anything else', async () => {
    const file = await open(
      tensorsOf((layer, half) => `unet.${layer}.${peft[half]}.weight`),
      0.25,
    );
    await compare(file, linearLayer, linearPair, 0.25);
    await file.close();
  });
});

/** A dictionary of tensors as torch.save writes it. */
function torchFile(
  entries: Record<string, Record<string, { dims: readonly number[]; values: Float32Array }>>,
  more: Record<string, Buffer> = {},
): Buffer {
  const storages: Record<string, Buffer> = {};
  const dictionary = (tensors: (typeof entries)[string]): Buffer =>
    pickled.dictionary(
      Object.fromEntries(
        Object.entries(tensors).map(([name, { dims, values }]) => {
          const key = String(Object.keys(storages).length);
          storages[key] = float32(...values);
          return [name, pickled.tensor({ key, length: values.length, shape: dims })];
        }),
      ),
    );
  return torchZip(
    pickled.dictionary({ ...more, ...Object.fromEntries(Object.entries(entries).map(([name, tensors]) => [name, dictionary(tensors)])) }),
    storages,
  );
}

describe('the pickles of authors', () => {
  it('OSEDiff: α is 8, the autoencoder is changed too, and conv_in is replaced', async () => {
    const path = join(folder, 'osediff.pkl');
    const conv_in = madeUp(keys.unet, 5).get('conv_in.weight') ?? made(0);
    const encoder = 'encoder.mid_block.attentions.0.to_q';
    const vaePair = { down: made(rank, 16), up: made(16, rank) };
    await writeFile(
      path,
      torchFile(
        {
          state_dict_unet: {
            [`${linearLayer}.lora_A.default_encoder.weight`]: linearPair.down,
            [`${linearLayer}.lora_B.default_encoder.weight`]: linearPair.up,
            'conv_in.base_layer.weight': conv_in,
          },
          state_dict_vae: {
            [`${encoder}.lora_A.default_encoder.weight`]: vaePair.down,
            [`${encoder}.lora_B.default_encoder.weight`]: vaePair.up,
          },
        },
        { rank_unet: pickled.integer(rank), unet_lora_encoder_modules: pickled.list(pickled.text(linearLayer)) },
      ),
    );
    const file = await openAdapters(path, keys, null);
    expect(file.layout).toMatchObject({ label: 'OSEDiff', step: 'eps_x0', timestep: 999 });
    await compare(file, linearLayer, linearPair, 8 / rank);
    const weights = new NetworkWeights(asStateDict(unetWeights), file.networks.unet, 'float32');
    expect(await weights.floats('conv_in.weight')).toEqual(conv_in.values);
    expect([...file.networks.vae.lowRank.keys()]).toEqual([encoder]);
    await file.close();
  });

  it('PiSA-SR: two adapters on a layer, of which one keeps to the pixels', async () => {
    const path = join(folder, 'pisa.pkl');
    const other: Pair = { down: made(rank, 8), up: made(8, rank) };
    const entries = (
      [
        ['pix', linearPair],
        ['sem', other],
      ] as const
    ).flatMap(([adapter, pair]) => [
      [`${linearLayer}.lora_A.default_encoder_${adapter}.weight`, pair.down] as const,
      [`${linearLayer}.lora_B.default_encoder_${adapter}.weight`, pair.up] as const,
    ]);
    await writeFile(path, torchFile({ state_dict_unet: Object.fromEntries(entries) }));
    const file = await openAdapters(path, keys, null);
    expect(file.layout).toMatchObject({ label: 'PiSA-SR', step: 'residual', timestep: 1 });
    const parts = networkParts({
      ...{ config: tinyStable, unet: { tensors: asStateDict(unetWeights) }, vae: { tensors: unread(keys.vae) }, adapters: file },
      ...{ timestep: 1, embedding: { tokens: 1, width: 12, values: new Float32Array(12) }, tile: 64, fold: true, kind: 'float32' },
    });
    expect(parts.map(({ name }) => name)).toEqual(['encoder', 'unet', 'pixel-unet', 'decoder']);
    const floatsOf = (name: string): Promise<Float32Array | undefined> =>
      parts.find((part) => part.name === name)?.weights.floats(`${linearLayer}.weight`) ?? Promise.resolve(undefined);
    const [whole, pixel] = [await floatsOf('unet'), await floatsOf('pixel-unet')];
    const added = (pair: Pair, index: number): number =>
      Array.from(
        { length: rank },
        (_, at) => (pair.up.values[Math.floor(index / 8) * rank + at] ?? 0) * (pair.down.values[at * 8 + (index % 8)] ?? 0),
      ).reduce((sum, value) => sum + (8 / rank) * value, 0);
    const own = unetWeights.get(`${linearLayer}.weight`)?.values ?? new Float32Array();
    expect(
      largestDifference(
        own.map((value, index) => value + added(linearPair, index)),
        pixel ?? [],
      ),
    ).toBeLessThan(1e-5);
    expect(
      largestDifference(
        own.map((value, index) => value + added(linearPair, index) + added(other, index)),
        whole ?? [],
      ),
    ).toBeLessThan(1e-5);
    await file.close();
  });
});

describe('what cannot be merged is refused by name', () => {
  const named = tensorsOf((layer, half) => `unet.${layer}.${peft[half]}.weight`);
  const refusals: [string, (tensors: Map<string, { dims: readonly number[]; values: Float32Array }>) => void, RegExp][] = [
    [
      'a layer that is not there',
      (tensors) => tensors.set('unet.down_blocks.9.conv.lora_A.weight', made(rank, 8)),
      /down_blocks\.9\.conv\.lora_A/,
    ],
    ['another kind of adapter', (tensors) => tensors.set(`unet.${linearLayer}.lora_mid.weight`, made(rank, rank)), /lora_mid/],
    ['one half alone', (tensors) => tensors.delete(`unet.${linearLayer}.lora_B.weight`), /half of what changes .*to_out\.0 is missing/],
    [
      'the other half alone',
      (tensors) => tensors.delete(`unet.${linearLayer}.lora_A.weight`),
      /half of what changes .*to_out\.0 is missing/,
    ],
    ['another size', (tensors) => tensors.set(`unet.${linearLayer}.lora_B.weight`, made(9, rank)), /to_out\.0 has another shape/],
  ];
  it.each(refusals)('%s', async (_, damage, words) => {
    const tensors = new Map(named);
    damage(tensors);
    await expect(open(tensors)).rejects.toMatchObject({ code: 'unsupported-model', message: expect.stringMatching(words) as string });
  });

  it('a file without adapters', async () => {
    await expect(open(new Map([['conv_in.bias', made(8)]]))).rejects.toThrow(/no place for|no adapters/);
  });

  it('but what changes the text encoder is passed over: the embedding was made with it', async () => {
    const file = await open(new Map([...named, ['text_encoder.text_model.encoder.layers.0.mlp.fc1.lora_A.weight', made(rank, 8)]]));
    expect(file.networks.unet.lowRank.size).toBe(2);
    await file.close();
  });
});
