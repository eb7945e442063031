import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { networkParts } from '../../../../src/convert/diffusion/write-networks.ts';
import { countOf } from '../../../../src/convert/graph/tensor.ts';
import { sharedReference } from '../../../support/shared-data.ts';
import { keysOf, stable21, unread } from '../../../support/stable-shapes.ts';
import { needs } from '../../../support/needs.ts';

const keys = keysOf(stable21);
const numbersIn = (dims: Iterable<readonly number[]>): number => [...dims].reduce((sum, shape) => sum + countOf(shape), 0);

describe('the tensors of Stable Diffusion 2.1', () => {
  it('come to the published numbers', () => {
    expect([keys.unet.size, numbersIn(keys.unet.values())]).toEqual([686, 865_910_724]);
    expect([keys.vae.size, numbersIn(keys.vae.values())]).toEqual([248, 83_653_863]);
  });

  it('are those of the reference list', needs('sharedReference'), async () => {
    const rows = (await readFile(sharedReference('sd21_keys.txt'), 'utf8'))
      .trim()
      .split('\n')
      .map((row) => row.split('\t'));
    for (const network of ['unet', 'vae'] as const) {
      const listed = rows.filter(([part]) => part === network).map(([, name, shape]) => `${name ?? ''} ${shape ?? ''}`);
      expect([...keys[network]].map(([name, dims]) => `${name} ${dims.join('x')}`).sort()).toEqual(listed.sort());
    }
  });
});

/** The networks at full size: nothing of their weights is read. */
const parts = (fold: boolean) =>
  networkParts({
    ...{ config: stable21, unet: { tensors: unread(keys.unet) }, vae: { tensors: unread(keys.vae) }, adapters: null, isPixel: null },
    ...{ timestep: 399, embedding: { tokens: 77, width: 1024, values: new Float32Array(77 * 1024) }, tile: 512, fold, kind: 'float16' },
  }).map((part) => ({ ...part, ...part.build('fp16') }));

describe('its graphs', () => {
  it('multiply as often as the networks do, attention apart', () => {
    // By macs.py of the reference: encoder, U-Net, decoder in 10⁹, with what the paper counted (2,120.3) and without.
    const [encoder, unet, decoder] = parts(false).map(({ work }) => [work.convolutions + work.linear, work.attention]);
    expect(encoder?.map(giga)).toEqual([541.1, 17.2]);
    expect(unet?.map(giga)).toEqual([339.1, 63]);
    expect(decoder?.map(giga)).toEqual([1240.1, 17.2]);
    const all = [encoder, unet, decoder].reduce((sum, numbers) => sum + (numbers?.[0] ?? 0), 0);
    expect(giga(all)).toBe(2120.3);
    const [, folded] = parts(true).map(({ work }) => work.convolutions + work.linear);
    // Less the time path (2.05 and 25.8 million), and the context's keys and values (25.6 million for each of 77 tokens).
    expect((unet?.[0] ?? 0) - (folded ?? 0)).toBe(2_048_000 + 25_804_800 + 77 * 25_559_040);
  });

  it('have the weights of the networks, less what is folded', () => {
    const [encoder, unet, decoder] = parts(true).map(({ weights }) => weights.parameters);
    expect(unet).toBe(814_398_084);
    // conv_out gives the mean alone, and quant_conv is in it.
    expect(encoder).toBe(34_163_664 - 72 - 4 * (512 * 9 + 1));
    expect(decoder).toBe(49_490_199);
  });

  it('hold no more scores of attention at once than 2²⁴', () => {
    for (const { graph } of parts(true)) {
      const pieces = graph.nodes.filter(({ op }) => op === 'Softmax').length;
      expect([1, 16 + 16 + 5 * 7]).toContain(pieces);
    }
  });
});

const giga = (count: number): number => Math.round(count / 1e8) / 10;
