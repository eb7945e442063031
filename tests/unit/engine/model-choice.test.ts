import { describe, expect, it } from 'vitest';
import { modelsFor } from '../../../src/engine/models.ts';
import { goldenModel } from '../../support/golden.ts';

describe('modelsFor', () => {
  it('leaves experimental models alone unless they are named', async () => {
    const model = await goldenModel('identity-x2');
    const ours = (id: string, experimental: boolean) => ({
      ...model,
      id,
      manifest: { ...model.manifest, id, family: 'onestep-photo', experimental },
    });
    const installed = [ours('tried', false), ours('new', true)];
    expect(modelsFor('auto', installed).map(({ id }) => id)).toEqual(['tried']);
    expect(modelsFor('new', installed).map(({ id }) => id)).toEqual(['new']);
    expect(modelsFor('onestep-photo', [ours('new', true)]).map(({ id }) => id)).toEqual(['new']);
    expect(() => modelsFor('auto', [ours('new', true)])).toThrow(expect.objectContaining({ code: 'model-not-found' }) as Error);
  });

  it('takes all of a family that is named, the smallest scale first; a model of that very name comes before', async () => {
    const model = await goldenModel('identity-x2');
    const ours = (id: string, scale: number, family: string) => ({ ...model, id, manifest: { ...model.manifest, id, family, scale } });
    const installed = [ours('sharp-x4', 4, 'sharp'), ours('sharp-x2', 2, 'sharp'), ours('soft', 4, 'soft'), ours('soft-x2', 2, 'soft')];
    expect(modelsFor('sharp', installed).map(({ id }) => id)).toEqual(['sharp-x2', 'sharp-x4']);
    expect(modelsFor('soft', installed).map(({ id }) => id)).toEqual(['soft']);
    expect(() => modelsFor('gone', installed)).toThrow(expect.objectContaining({ code: 'model-not-found' }) as Error);
  });
});
