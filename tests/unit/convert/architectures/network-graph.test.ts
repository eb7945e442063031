import { InferenceSession, Tensor } from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { networkGraph } from '../../../../src/convert/architectures/network-graph.ts';
import { architectures } from '../../../../src/convert/architectures/table.ts';
import { Weights } from '../../../../src/convert/architectures/weights.ts';
import { countOf } from '../../../../src/convert/graph/tensor.ts';
import { encodeGraph } from '../../../../src/convert/graph/write.ts';
import { openWeights } from '../../../../src/convert/weights/open.ts';
import { storedTensor, type StateDict } from '../../../../src/convert/weights/state-dict.ts';
import { hasSharedData, sharedData } from '../../../support/shared-data.ts';

type Shapes = Record<string, readonly number[]>;

/** Weights of nothing but zeros. */
const zeros = (shapes: Shapes): StateDict =>
  new Map(
    Object.entries(shapes).map(([name, dims]) => {
      const read = (): Promise<Uint8Array<ArrayBuffer>> => Promise.resolve(new Uint8Array(countOf(dims) * 4));
      return [name, storedTensor('f32', dims, read)];
    }),
  );

/** The shapes of a convolution with bias. */
const conv = (name: string, out: number, inputs: number, size = 3): Shapes => ({
  [`${name}.weight`]: [out, inputs, size, size],
  [`${name}.bias`]: [out],
});
const list = (name: string, length: number): Shapes => ({ [`${name}.weight`]: [length], [`${name}.bias`]: [length] });
const linear = (name: string, out: number, inputs: number): Shapes => ({ [`${name}.weight`]: [out, inputs], [`${name}.bias`]: [out] });
const merge = (...parts: readonly Shapes[]): Shapes => Object.assign({}, ...parts) as Shapes;

const compact = (scale = 2, channels = 3): Shapes =>
  merge(conv('body.0', 8, channels), { 'body.1.weight': [8] }, conv('body.2', channels * scale ** 2, 8));

const rrdb = merge(
  conv('conv_first', 8, 12),
  ...[1, 2, 3].flatMap((dense) => [1, 2, 3, 4].map((layer) => conv(`body.0.rdb${String(dense)}.conv${String(layer)}`, 4, 4 + 4 * layer))),
  ...[1, 2, 3].map((dense) => conv(`body.0.rdb${String(dense)}.conv5`, 8, 24)),
  ...['conv_body', 'conv_up1', 'conv_up2', 'conv_hr'].map((name) => conv(name, 8, 8)),
  conv('conv_last', 3, 8),
);

const swinBlock = 'layers.0.residual_group.blocks.0';
const swinir = merge(
  conv('conv_first', 6, 3),
  list('patch_embed.norm', 6),
  list(`${swinBlock}.norm1`, 6),
  list(`${swinBlock}.norm2`, 6),
  linear(`${swinBlock}.attn.qkv`, 18, 6),
  linear(`${swinBlock}.attn.proj`, 6, 6),
  { [`${swinBlock}.attn.relative_position_bias_table`]: [225, 2], [`${swinBlock}.attn.relative_position_index`]: [64, 64] },
  linear(`${swinBlock}.mlp.fc1`, 12, 6),
  linear(`${swinBlock}.mlp.fc2`, 6, 12),
  conv('layers.0.conv', 6, 6),
  list('norm', 6),
  conv('conv_after_body', 6, 6),
  conv('upsample.0', 12, 6),
);

const spanConv = (name: string, out: number, inputs: number): Shapes =>
  merge(
    conv(`${name}.sk`, out, inputs, 1),
    conv(`${name}.conv.0`, 2 * inputs, inputs, 1),
    conv(`${name}.conv.1`, 2 * out, 2 * inputs),
    conv(`${name}.conv.2`, out, 2 * out, 1),
    conv(`${name}.eval_conv`, out, inputs),
  );
const span = merge(
  spanConv('conv_1', 4, 3),
  ...[1, 2, 3, 4, 5, 6].flatMap((block) => ['c1_r', 'c2_r', 'c3_r'].map((part) => spanConv(`block_${String(block)}.${part}`, 4, 4))),
  spanConv('conv_2', 4, 4),
  conv('conv_cat', 4, 16, 1),
  conv('upsampler.0', 48, 4),
);

describe('recognises by names and shapes, and takes pictures of any size', () => {
  it.each([
    ['compact', compact(), { scale: 2, radius: 2, traits: '8 channels, 0 layers' }],
    // 2 · (15 + 2 + 1/2 + 1/4 + 1/4 + 1/4) source pixels.
    ['rrdb', rrdb, { scale: 2, radius: 37, traits: '8 channels, 1 blocks' }],
    ['swinir', swinir, { scale: 2, radius: null, traits: '6 channels, 1 groups, pixelshuffledirect' }],
    ['span', span, { scale: 4, radius: 21, traits: '4 channels, 6 blocks' }],
  ])('%s', async (id, shapes, traits) => {
    const tensors = zeros(shapes);
    expect(architectures.filter((each) => each.recognise(new Weights(tensors)) !== null).map((each) => each.id)).toEqual([id]);
    const { architecture, network, graph } = await networkGraph(tensors);
    expect(architecture.id).toBe(id);
    expect(network).toMatchObject({ channels: 3, ...traits });
    const session = await InferenceSession.create(await encodeGraph(graph), { logSeverityLevel: 3 });
    expect([session.inputNames, session.outputNames]).toEqual([['source'], ['result']]);
    for (const [height, width] of [
      [1, 1],
      [2, 7],
      [33, 16],
    ] as const) {
      const source = new Tensor('float32', new Float32Array(3 * height * width), [1, 3, height, width]);
      const { result } = await session.run({ source });
      expect(result?.dims).toEqual([1, 3, height * traits.scale, width * traits.scale]);
    }
    await session.release();
  });
});

describe('refuses', () => {
  const refused = (shapes: Shapes): Promise<unknown> => networkGraph(zeros(shapes)).catch((error: unknown) => error);

  it('what it does not know, with the first names and all that it knows', async () => {
    const names = ['encoder.weight', 'b.weight', 'c.weight', 'd.weight', 'e.weight'];
    const problem = await refused(Object.fromEntries(names.map((name) => [name, [4, 4]])));
    expect(problem).toMatchObject({ code: 'unsupported-model' });
    expect((problem as Error).message).toContain('encoder.weight, b.weight, c.weight, d.weight.');
    for (const { label } of architectures) expect((problem as { advice: string }).advice).toContain(label);
  });

  it.each<[string, Shapes, string]>([
    ['a tensor more than the network has', { ...compact(), 'head.weight': [1] }, 'head.weight'],
    ['a tensor less', Object.fromEntries(Object.entries(rrdb).filter(([name]) => !name.startsWith('conv_hr'))), 'conv_hr'],
    ['a network for grey pictures', compact(2, 1), '1 channels'],
    ['an enlargement that nobody wants', compact(20), '20 times'],
    ['convolutions that cannot be merged', { ...span, 'conv_1.conv.1.weight': [1_000_000, 6, 3, 3] }, 'conv_1'],
    ['windows of 1 000 pixels', { ...swinir, [`${swinBlock}.attn.relative_position_bias_table`]: [1999 ** 2, 2] }, 'not the weights'],
    [
      'HAT, which has the names of SwinIR and more',
      { ...swinir, [`${swinBlock}.conv_block.cab.0.weight`]: [6, 6, 3, 3] },
      'not the weights',
    ],
    ['EDSR, which has a body, too', { ...conv('body.0.body.0', 8, 8), ...conv('body.0.body.2', 8, 8) }, 'not the weights'],
    ['names that a terminal would obey', { '\u001b[2Jnetwork': [1] }, 'with ??2Jnetwork'],
    ['nothing', {}, 'not the weights'],
  ])('%s', async (_, shapes, words) => {
    expect(await refused(shapes)).toMatchObject({ code: 'unsupported-model', message: expect.stringContaining(words) as string });
  });

  it.skipIf(!hasSharedData).each(['taesd-taef2_encoder.pth', 'taesd-taef2_decoder.pth'])(
    '%s, a part of a diffusion model (skipped where ../shared/data is absent)',
    async (name) => {
      const file = await openWeights(sharedData('weights', 'pytorch', name));
      await expect(networkGraph(file.tensors)).rejects.toMatchObject({ code: 'unsupported-model' });
      await file.close();
    },
  );
});
