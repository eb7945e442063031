import { describe, expect, it } from 'vitest';
import { unchanged } from '../../../../src/convert/diffusion/adapters.ts';
import { decoderGraph, encoderGraph } from '../../../../src/convert/diffusion/autoencoder.ts';
import { folded, unfolded } from '../../../../src/convert/diffusion/conditioning.ts';
import { NetworkWeights } from '../../../../src/convert/diffusion/network-weights.ts';
import { unetGraph } from '../../../../src/convert/diffusion/unet.ts';
import type { Graph } from '../../../../src/convert/graph/graph.ts';
import type { Picture } from '../../../support/plain-layers.ts';
import { largestDifference, runNetwork } from '../../../support/run-network.ts';
import { plainDecoder, plainEncoder, plainUnet, type AutoencoderMistake, type UnetMistake } from '../../../support/stable-reference.ts';
import { keysOf, tinyAutoencoder, tinyStable, tinyUnet } from '../../../support/stable-shapes.ts';
import { asStateDict, madeUp, sequence } from '../../../support/stable-weights.ts';

const keys = keysOf(tinyStable);
const [unetWeights, vaeWeights] = [madeUp(keys.unet), madeUp(keys.vae, 2)];
const [timestep, tile] = [273, 32];
const embedding = { tokens: 5, width: 12, values: Float32Array.from({ length: 60 }, sequence(3)) };
const picture = (channels: number, side: number, seed: number): Picture => ({
  ...{ channels, side },
  values: Float64Array.from(Float32Array.from({ length: channels * side ** 2 }, sequence(seed))),
});
const [latent, code, image] = [picture(4, 8, 4), picture(4, tile / 8, 6), picture(3, tile, 5)];
const inputs = { weights: unetWeights, config: tinyUnet, timestep, embedding };

type Precision = 'float32' | 'float16';

function unet(fold: boolean, precision: Precision = 'float32', upcast = false): Graph {
  const weights = new NetworkWeights(asStateDict(unetWeights), unchanged, precision);
  const conditioning = fold ? folded(weights, timestep, embedding) : unfolded(timestep, embedding, tinyUnet.channels[0] ?? 0);
  return unetGraph({ weights, config: { ...tinyUnet, upcast }, conditioning, side: 8, precision }).graph;
}

function coder(build: typeof encoderGraph, fold: boolean, precision: Precision = 'float32'): Graph {
  const weights = new NetworkWeights(asStateDict(vaeWeights), unchanged, precision);
  return build({ weights, config: tinyAutoencoder, tile, fold, precision }).graph;
}

const run = async (graph: Graph, { channels, side, values }: Picture): Promise<Float32Array> =>
  (await runNetwork(graph, [1, channels, side, side], Array.from(values))).values;

/** Of single precision, along networks of a hundred layers. */
const tolerance = 1e-4;

describe('the U-Net', () => {
  it.each([
    ['with step and context folded', true],
    ['with both computed', false],
  ])('computes what it says on paper, %s', async (_, fold) => {
    expect(largestDifference(plainUnet(latent, inputs).values, await run(unet(fold), latent))).toBeLessThan(tolerance);
  });

  it.each([false, true])('stays near in half precision, scores in single precision: %s', async (upcast) => {
    const half = await run(unet(true, 'float16', upcast), latent);
    expect(largestDifference(plainUnet(latent, inputs).values, half)).toBeLessThan(0.02);
  });

  const mistakes: UnetMistake[] = [
    'heads as wide as their number',
    'sines before cosines',
    'frequencies that end at 1 / 10,000',
    'no silu before the time is projected',
    'skipped planes before the others',
    'the gate of GEGLU first',
    'GELU by tanh',
    'scores that are not scaled',
    'norms of the transformer left out',
  ];
  it.each(mistakes)('would be told from one with %s', (mistake) => {
    const difference = largestDifference(plainUnet(latent, inputs).values, plainUnet(latent, inputs, mistake).values);
    expect(difference).toBeGreaterThan(3 * tolerance);
  });

  it('normalises with 1e-6 in its transformers and with 1e-5 elsewhere', () => {
    const { nodes } = unet(true);
    const epsilons = nodes.filter(({ op }) => op === 'InstanceNormalization').map(({ attributes }) => attributes.epsilon);
    expect(epsilons.filter((epsilon) => (epsilon as { float: number }).float === 1e-6)).toHaveLength(16);
    expect(epsilons).toHaveLength(16 + 2 * 22 + 1);
    const layers = nodes.filter(({ op }) => op === 'LayerNormalization').map(({ attributes }) => attributes.epsilon);
    expect(layers).toEqual(Array(48).fill({ float: 1e-5 }));
  });
});

describe('the autoencoder', () => {
  it.each([true, false])('encodes to the mean of the posterior, folded: %s', async (fold) => {
    expect(
      largestDifference(plainEncoder(image, vaeWeights, tinyAutoencoder).values, await run(coder(encoderGraph, fold), image)),
    ).toBeLessThan(tolerance);
  });

  it('decodes, up to the border', async () => {
    const answer = await run(coder(decoderGraph, true), code);
    expect(largestDifference(plainDecoder(code, vaeWeights, tinyAutoencoder).values, answer)).toBeLessThan(tolerance);
  });

  it('stays near in half precision', async () => {
    const half = await run(coder(encoderGraph, true, 'float16'), image);
    expect(largestDifference(plainEncoder(image, vaeWeights, tinyAutoencoder).values, half)).toBeLessThan(0.02);
    const answer = await run(coder(decoderGraph, true, 'float16'), code);
    expect(largestDifference(plainDecoder(code, vaeWeights, tinyAutoencoder).values, answer)).toBeLessThan(0.05);
  });

  const mistakes: [AutoencoderMistake, (mistake: AutoencoderMistake | null) => Picture][] = [
    ['padding on all sides', (mistake) => plainEncoder(image, vaeWeights, tinyAutoencoder, mistake)],
    ['the variance for the mean', (mistake) => plainEncoder(image, vaeWeights, tinyAutoencoder, mistake)],
    ['quant_conv left out', (mistake) => plainEncoder(image, vaeWeights, tinyAutoencoder, mistake)],
    ['a bias that is padded, too', (mistake) => plainDecoder(code, vaeWeights, tinyAutoencoder, mistake)],
  ];
  it.each(mistakes)('would be told from one with %s', (mistake, compute) =>
    expect(largestDifference(compute(null).values, compute(mistake).values)).toBeGreaterThan(3 * tolerance),
  );

  it('normalises with 1e-6', () => {
    for (const graph of [coder(encoderGraph, true), coder(decoderGraph, true)]) {
      const norms = graph.nodes.filter(({ op }) => op === 'InstanceNormalization');
      expect(new Set(norms.map(({ attributes }) => (attributes.epsilon as { float: number }).float))).toEqual(new Set([1e-6]));
    }
  });
});
