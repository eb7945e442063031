import { describe, expect, it, vi } from 'vitest';
import { Catalogue } from '../../../../src/renderer/state/catalogue.svelte.ts';
import { Models } from '../../../../src/renderer/state/models.svelte.ts';
import type { CatalogueCard } from '../../../../src/shared/catalogue.ts';
import type { AppCalls } from '../../../../src/shared/contract.ts';
import type { DeviceReport, ImportOutcome, ModelSummary } from '../../../../src/shared/engine-protocol.ts';
import { Problem } from '../../../../src/shared/problem.ts';
import { told } from '../../../../src/shared/sentence.ts';

const model = (id: string): ModelSummary => ({
  ...{ id, name: id, summary: '', family: null, scale: 2, options: [], defaults: {}, precisions: ['fp32'], licence: 'MIT', limits: '' },
  ...{
    experimental: false,
    author: '',
    credits: [],
    folder: `/models/${id}`,
    removable: true,
    quantisable: false,
    faces: null,
    sources: [],
    problem: null,
  },
});
const report: DeviceReport = {
  ...{ provider: 'cpu', label: 'Processor', device: '', available: true, note: told(''), model: 'a', precision: 'fp32' },
  ...{ parityDb: null, secondsPerMegapixel: 1 },
};
const card = (id: string, more: Partial<CatalogueCard> = {}): CatalogueCard => ({
  ...{ id, name: id, summary: '', scale: 2, licence: 'MIT', author: '', kind: 'onnx', files: [], installed: null, progress: null, ...more },
});
const callsOf = (models: Partial<AppCalls['models']>): AppCalls => ({ models }) as AppCalls;
const catalogueOf = (list: AppCalls['catalogue']['list']): Catalogue => new Catalogue({ catalogue: { list } } as AppCalls);

describe('the installed models', () => {
  it('knows what a family takes, and what `auto` does, by the models that are chosen among', async () => {
    const dial = (id: string, family: string, options: string[], usual: number): ModelSummary => ({
      ...model(id),
      ...{ family, options, defaults: { strength: usual } },
    });
    const models = new Models(
      callsOf({
        list: async () => [dial('a-x2', 'a', [], 0), dial('a-x4', 'a', ['strength'], 0.5), dial('b', 'onestep-photo', ['strength'], 0.75)],
      }),
    );
    await models.begin();
    expect(['a', 'a-x2', 'a-x4', 'auto', 'gone'].map((name) => models.takes(name, 'strength'))).toEqual([true, false, true, true, false]);
    expect(['a', 'auto'].map((name) => models.defaultOf(name, 'strength'))).toEqual([0.5, 0.75]);
  });

  it('knows what finds and what restores faces: the first that can be used', async () => {
    const problem = new Problem('model-damaged', told('')).toData();
    const restorer = (id: string, more: Partial<ModelSummary> = {}): ModelSummary => ({ ...model(id), faces: 'restorer', ...more });
    const models = new Models(callsOf({ list: async () => [model('a'), restorer('b', { problem }), restorer('c'), restorer('d')] }));
    await models.begin();
    expect([models.forFaces('restorer')?.id, models.forFaces('detector')]).toEqual(['c', undefined]);
  });

  it('shows what became of imported files, those of the last time only', async () => {
    const outcome = (source: string): ImportOutcome => ({ source, model: model(source), kind: 'ncnn', problem: null, seconds: 1 });
    const importModels = vi.fn<AppCalls['models']['import']>(async (paths) => paths.map(outcome));
    const models = new Models(callsOf({ import: importModels }));
    const first = models.import(['a', 'b']);
    expect(models.importing).toBe(true);
    // Nothing else meanwhile, and nothing for nothing.
    await models.import(['c']);
    await first;
    await models.import([]);
    expect(models.outcomes.map(({ source }) => source)).toEqual(['a', 'b']);
    await models.import(['c']);
    expect(models.outcomes.map(({ source }) => source)).toEqual(['c']);
    expect(importModels).toHaveBeenCalledTimes(2);
    expect(models.importing).toBe(false);
  });

  it('shows an import that another page has begun, and begins none meanwhile', async () => {
    const importModels = vi.fn<AppCalls['models']['import']>();
    const models = new Models(callsOf({ import: importModels, list: async () => [] }));
    models.importProgress = 0.25;
    await models.import(['a']);
    expect(importModels).not.toHaveBeenCalled();
    // Whoever is told so no more, since the application went away, does not wait for ever.
    await models.begin();
    expect(models.importing).toBe(false);
  });

  it('is ready for the next import after one that failed', async () => {
    const models = new Models(callsOf({ import: () => Promise.reject(new Problem('not-found', 'It is gone.')) }));
    await expect(models.import(['a'])).rejects.toMatchObject({ code: 'not-found' });
    expect(models.importing).toBe(false);
  });

  it('tests a model once at a time, and forgets the tests of those that are gone', async () => {
    const testModel = vi.fn<AppCalls['models']['test']>(async () => [report]);
    const models = new Models(callsOf({ test: testModel }));
    models.changed([model('a'), model('b')]);
    const testing = models.test('a');
    expect(models.tests.get('a')).toBeNull();
    await models.test('a');
    await testing;
    expect(testModel).toHaveBeenCalledTimes(1);
    expect(models.tests.get('a')).toEqual([report]);
    models.changed([model('b')]);
    expect(models.list).toHaveLength(1);
    expect(models.tests.has('a')).toBe(false);
  });

  it('does not say that a model is being tested whose test failed', async () => {
    const models = new Models(callsOf({ test: () => Promise.reject(new Problem('model-not-found', 'It is gone.')) }));
    await expect(models.test('a')).rejects.toMatchObject({ code: 'model-not-found' });
    expect(models.tests.has('a')).toBe(false);
  });
});

describe('what models take', () => {
  it('is with auto what those take that it chooses among', () => {
    const models = new Models(callsOf({}));
    const taking = (id: string, more: Partial<ModelSummary>): ModelSummary => ({ ...model(id), ...more });
    models.changed([
      taking('new', { family: 'onestep-photo', experimental: true, options: ['fidelity'], defaults: { fidelity: 0.25 } }),
      taking('imported', { options: ['semantic'] }),
      taking('ours', { family: 'onestep-photo', options: ['strength'], defaults: { strength: 0.75 } }),
    ]);
    expect(['strength', 'semantic', 'fidelity'].filter((option) => models.takes('auto', option))).toEqual(['strength']);
    expect(models.defaultOf('auto', 'strength')).toBe(0.75);
    expect(models.takes('new', 'fidelity')).toBe(true);
    expect(models.defaultOf('new', 'fidelity')).toBe(0.25);
    expect(models.takes('new', 'strength')).toBe(false);
  });
});

describe('the catalogue', () => {
  it('is asked for when somebody looks, and kept up to date from then on', async () => {
    const asked = vi.fn<AppCalls['catalogue']['list']>(async () => [card('a')]);
    const catalogue = catalogueOf(asked);
    await catalogue.modelsChanged();
    expect(asked).not.toHaveBeenCalled();
    await catalogue.show();
    asked.mockResolvedValue([card('a', { installed: 'a' })]);
    await catalogue.modelsChanged();
    expect(catalogue.cards).toMatchObject([{ id: 'a', installed: 'a' }]);
  });

  it('knows how far downloads are, also those that somebody else has begun', async () => {
    const progress = { stage: 'download', receivedBytes: 1, totalBytes: 4 } as const;
    const catalogue = catalogueOf(async () => [card('a', { progress }), card('b')]);
    await catalogue.show();
    expect(catalogue.progressOf('a')).toEqual(progress);
    expect(catalogue.progressOf('b')).toBeNull();
    catalogue.progressed('b', { ...progress, receivedBytes: 2 });
    catalogue.progressed('a', null);
    expect([catalogue.progressOf('a'), catalogue.progressOf('b')?.receivedBytes]).toEqual([null, 2]);
  });
});
