import { InferenceSession, Tensor } from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { networkGraph } from '../../../../src/convert/architectures/network-graph.ts';
import { architectures } from '../../../../src/convert/architectures/table.ts';
import { Weights } from '../../../../src/convert/architectures/weights.ts';
import { encodeGraph } from '../../../../src/convert/graph/write.ts';
import { openWeights } from '../../../../src/convert/weights/open.ts';
import { Problem } from '../../../../src/shared/problem.ts';
import { compact, conv, rrdb, span, swinBlock, swinir, zeros, type Shapes } from '../../../support/network-shapes.ts';
import { sharedData } from '../../../support/shared-data.ts';
import { needs } from '../../../support/needs.ts';

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
    ['a network for pictures of two planes', compact(2, 2), '2 channels'],
    ['a network that knows places of one size', { ...swinir, absolute_pos_embed: [1, 64, 6] }, 'the size it was trained on'],
    [
      'HAT that looks at squares which the window has no middle in',
      {
        ...swinir,
        [`${swinBlock}.conv_block.cab.0.weight`]: [6, 6, 3, 3],
        'layers.0.residual_group.overlap_attn.qkv.weight': [18, 6],
        relative_position_index_OCA: [64, 121],
      },
      'squares of 11 pixels around windows of 8',
    ],
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

  it.each(['taesd-taef2_encoder.pth', 'taesd-taef2_decoder.pth'])('%s, a part of a diffusion model', needs('sharedData'), async (name) => {
    const file = await openWeights(sharedData('weights', 'pytorch', name));
    await expect(networkGraph(file.tensors)).rejects.toMatchObject({ code: 'unsupported-model' });
    await file.close();
  });
});

/** The next of a fixed row of numbers in 0 … below - 1. */
function dice(): (below: number) => number {
  let state = 1;
  return (below) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % below;
  };
}

describe('weights of any shape become a graph or are refused', () => {
  it.each(Object.entries({ compact: compact(), rrdb, swinir, span }))('%s', async (_, shapes) => {
    const next = dice();
    const names = Object.keys(shapes);
    const outcomes = new Set<string>();
    for (let round = 0; round < 60; round += 1) {
      const [name = ''] = names.slice(next(names.length));
      const dims = shapes[name] ?? [];
      const others = [[], [0], [3], [7, 7], [64, 64, 1, 1], [1000, 1], dims.map((size) => size * 2), dims.slice(1), [...dims, 1]];
      const changed = { ...shapes, [name]: others[next(others.length)] ?? [] };
      const outcome = await networkGraph(zeros(changed))
        .then(({ graph }) => encodeGraph(graph))
        .then(
          () => 'graph',
          (error: unknown) => (error instanceof Problem ? error.code : String(error)),
        );
      outcomes.add(outcome);
    }
    expect([...outcomes].sort()).toEqual(['graph', 'unsupported-model']);
  });
});
