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
    expect(() => modelsFor('auto', [ours('new', true)])).toThrow(expect.objectContaining({ code: 'model-not-found' }) as Error);
  });
});
