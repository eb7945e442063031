import { describe, expect, it, onTestFinished } from 'vitest';
import { CheckedInference } from '../../../../src/engine/pipelines/checked-inference.ts';
import { defaultFeeds, feedOptions } from '../../../../src/engine/pipelines/option-feeds.ts';
import { providerNamed } from '../../../../src/engine/runtime/providers.ts';
import type { Notice } from '../../../../src/shared/engine-protocol.ts';
import { goldenModel } from '../../../support/golden.ts';
import { memoryPixels, nearest, noise, same } from '../../../support/memory-pixels.ts';

describe('CheckedInference', () => {
  it('lets the CPU take over from a driver that fails, for that tile and all others', async () => {
    const model = await goldenModel('identity-x2');
    const [graph] = model.manifest.graphs;
    if (graph === undefined) throw new Error('the golden model has a graph');
    const notices: Notice[] = [];
    // A provider that onnxruntime does not have fails as a lost device does: with an error from native code.
    const provider = { ...providerNamed('webgpu'), session: { name: 'lost' } };
    const request = { model, bits: 8, threads: 1, onNotice: (notice: Notice) => notices.push(notice) } as const;
    const inference = new CheckedInference(request, defaultFeeds(model.manifest), { provider, graph });
    onTestFinished(() => inference.close());
    const format = { width: 40, height: 30, channels: 3, bits: 8 } as const;
    const photo = noise(format);
    for (let tile = 0; tile < 2; tile += 1) {
      const result = await inference.infer(memoryPixels(format, photo), photo, 40, 30);
      expect(result !== 'smaller' && same(result, nearest(format, photo, 2))).toBe(true);
    }
    expect(notices.map((notice) => notice.code)).toEqual(['provider-fallback']);
    expect(inference.candidate.provider.name).toBe('cpu');
  });
});

describe('feedOptions', () => {
  it('maps an option to the constant that the manifest names, null to the default', async () => {
    const { manifest } = await goldenModel('convolution-x2');
    expect(feedOptions(manifest, { strength: 0.25 })).toEqual({ constants: { 'strength.bin': 0.25 }, used: { strength: 0.25 } });
    expect(feedOptions(manifest, { strength: null })).toEqual({ constants: { 'strength.bin': 0.5 }, used: { strength: 0.5 } });
    expect(feedOptions(manifest, { strength: 0 }).used.strength).toBe(0);
  });

  it('feeds nothing to a model that does not take the option', async () => {
    const { manifest } = await goldenModel('identity-x2');
    expect(feedOptions(manifest, { strength: 1 })).toEqual({ constants: {}, used: { strength: null } });
  });
});
