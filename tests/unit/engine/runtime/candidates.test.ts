import { listSupportedBackends } from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { feedForward } from '../../../../src/engine/pipelines/feed-forward/kind.ts';
import { listCandidates, referenceWay } from '../../../../src/engine/runtime/candidates.ts';
import { providers, thisPlatform } from '../../../../src/engine/runtime/providers.ts';
import { nameOf } from '../../../../src/engine/runtime/way.ts';
import { goldenModel } from '../../../support/golden.ts';

const files = (groups: ReturnType<typeof listCandidates>['groups']): string[][] =>
  groups.map((group) => group.map(({ provider, way }) => `${provider.name} ${nameOf(way)}`));

describe('listCandidates', () => {
  it('gives the CPU 8-bit graphs for 8-bit photos and floating point for 16-bit ones', async () => {
    const model = feedForward(await goldenModel('convolution-x2'));
    const request = { model, exact: false, provider: 'cpu' } as const;
    expect(files(listCandidates({ ...request, bits: 8 }).groups)).toEqual([['cpu int8.onnx', 'cpu fp32-u8.onnx']]);
    expect(files(listCandidates({ ...request, bits: 16 }).groups)).toEqual([['cpu fp32.onnx']]);
    expect(files(listCandidates({ ...request, bits: 8, exact: true }).groups)).toEqual([['cpu fp32-u8.onnx']]);
  });

  it('refuses what cannot be had', async () => {
    const model = feedForward(await goldenModel('convolution-x2'));
    const only = (precision: string) => ({ ...model, ways: model.ways.filter((way) => way.precision === precision) });
    const attempt = (request: Parameters<typeof listCandidates>[0], platform: Parameters<typeof listCandidates>[1]) => () =>
      listCandidates(request, platform);
    const code = (name: string) => expect.objectContaining({ code: name }) as Error;
    const request = { model, bits: 8, exact: false, provider: 'cpu' } as const;
    expect(attempt({ ...request, model: only('int8'), exact: true }, 'linux/x64')).toThrow(code('bad-request'));
    expect(attempt({ ...request, model: only('int8'), bits: 16 }, 'linux/x64')).toThrow(code('unsupported-image'));
    expect(attempt({ ...request, provider: 'directml' }, 'linux/x64')).toThrow(code('provider-not-available'));
    expect(attempt({ ...request, provider: 'coreml' }, 'win32/x64')).toThrow(code('provider-not-available'));
    expect(attempt({ ...request, provider: 'webgpu' }, 'linux/arm64')).toThrow(code('provider-not-available'));
  });

  it('asks the named provider first and the CPU after it', async () => {
    const model = feedForward(await goldenModel('convolution-x2'));
    const { groups } = listCandidates({ model, bits: 8, exact: false, provider: 'directml' }, 'win32/x64');
    expect(files(groups)).toEqual([
      ['directml fp32-u8.onnx', 'directml fp32.onnx'],
      ['cpu int8.onnx', 'cpu fp32-u8.onnx'],
    ]);
  });

  it('always has the CPU among the automatic ones', async () => {
    const model = feedForward(await goldenModel('convolution-x2'));
    for (const platform of ['linux/x64', 'linux/arm64', 'win32/x64', 'win32/arm64', 'darwin/arm64'] as const) {
      const { groups } = listCandidates({ model, bits: 8, exact: false, provider: 'auto' }, platform);
      expect(groups.flat().map(({ provider }) => provider.name)).toContain('cpu');
    }
  });

  it('has floating point as reference where the photo has 16 bits', async () => {
    const model = feedForward(await goldenModel('convolution-x2'));
    expect(referenceWay(model, 8)).toMatchObject({ files: [{ file: 'fp32-u8.onnx' }] });
    expect(referenceWay(model, 16)).toMatchObject({ files: [{ file: 'fp32.onnx' }] });
  });
});

describe('the table of providers', () => {
  it('agrees with what the native library says it was built with', () => {
    const built = listSupportedBackends().map(({ name }) => name);
    const listed = providers.filter(({ platforms }) => platforms.includes(thisPlatform)).map(({ session }) => session.name);
    expect([...listed].sort()).toEqual([...built].sort());
  });
});
