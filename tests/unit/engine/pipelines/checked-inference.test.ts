import { describe, expect, it, onTestFinished } from 'vitest';
import { CheckedInference } from '../../../../src/engine/pipelines/checked-inference.ts';
import { usedDials } from '../../../../src/engine/pipelines/dials.ts';
import { feedForward } from '../../../../src/engine/pipelines/feed-forward/kind.ts';
import { providerNamed } from '../../../../src/engine/runtime/providers.ts';
import { fromGraph } from '../../../../src/engine/runtime/samples.ts';
import type { Notice } from '../../../../src/shared/engine-protocol.ts';
import { goldenModel } from '../../../support/golden.ts';
import { memoryPixels, nearest, noise, same } from '../../../support/memory-pixels.ts';
import { eachDial, noDials } from '../../../../src/shared/options.ts';

describe('CheckedInference', () => {
  it('lets the CPU take over from a driver that fails, for that tile and all others', async () => {
    const model = feedForward(await goldenModel('identity-x2'));
    const [way] = model.ways;
    if (way === undefined) throw new Error('the golden model has a graph');
    const notices: Notice[] = [];
    // A provider that onnxruntime does not have fails as a lost device does: with an error from native code.
    const provider = { ...providerNamed('webgpu'), session: { name: 'lost' } };
    const request = { model, bits: 8, threads: 1, constants: {}, onNotice: (notice: Notice) => notices.push(notice) } as const;
    const inference = new CheckedInference(request, { provider, way });
    onTestFinished(() => inference.close());
    const format = { width: 40, height: 30, channels: 3, bits: 8 } as const;
    const photo = noise(format);
    for (let tile = 0; tile < 2; tile += 1) {
      const result = await inference.infer({ source: memoryPixels(format, photo), input: photo, width: 40, height: 30, read: fromGraph });
      expect(result !== 'smaller' && same(result, nearest(format, photo, 2))).toBe(true);
    }
    expect(notices.map((notice) => notice.code)).toEqual(['provider-fallback']);
    expect(inference.candidate.provider.name).toBe('cpu');
  });
});

const unasked = noDials;

describe('what a graph is fed', () => {
  it('maps an option to the constant that the manifest names, null to the default', async () => {
    const model = await goldenModel('convolution-x2');
    for (const [asked, used] of [
      [0.25, 0.25],
      [null, 0.5],
      [0, 0],
    ] as const) {
      const dials = usedDials(model.manifest, { ...unasked, strength: asked });
      expect(dials).toEqual({ ...unasked, strength: used });
      expect(feedForward(model).constants(dials)).toEqual({ 'strength.bin': used });
    }
    expect(feedForward(model).defaultConstants).toEqual({ 'strength.bin': 0.5 });
  });

  it('feeds nothing to a model that does not take the option', async () => {
    const model = await goldenModel('identity-x2');
    const dials = usedDials(
      model.manifest,
      eachDial(() => 1),
    );
    expect(dials).toEqual(unasked);
    expect(feedForward(model).constants(dials)).toEqual({});
  });
});
