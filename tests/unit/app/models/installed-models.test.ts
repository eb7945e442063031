import { expect, it } from 'vitest';
import { InstalledModels } from '../../../../src/app/models/installed-models.ts';
import { cancelled } from '../../../../src/shared/problem.ts';
import type { WorkWatch } from '../../../../src/shared/work-watch.ts';

/** Imports until somebody cancels it. */
async function endless({ signal, onProgress }: WorkWatch): Promise<never> {
  onProgress?.(0.5);
  return new Promise((_, reject) => {
    signal?.addEventListener('abort', () => reject(cancelled()));
  });
}

function modelsOf(work: (watch: WorkWatch) => Promise<never[]>): { models: InstalledModels; told: unknown[] } {
  const told: unknown[] = [];
  const unasked = (): Promise<never> => Promise.reject(new Error('nobody asks for it'));
  const reload = async (): Promise<void> => {
    told.push('reload');
  };
  const models = new InstalledModels({
    importer: {
      import: (_, __, watch) => work(watch ?? {}),
      quantise: (_, __, watch) => work(watch ?? {}) as Promise<never>,
      remove: unasked,
      test: unasked,
    },
    reader: { list: async () => [], reload },
    users: [],
    onChanged: () => told.push('changed'),
    onImport: (fraction) => told.push(fraction),
    onQuantise: (id, fraction) => told.push([id, fraction]),
  });
  return { models, told };
}

it('cancels what a person has chosen to import, tells how far it was, and shows what is there after all', async () => {
  const { models, told } = modelsOf(endless);
  const importing = models.importChosen(['a.onnx'], {});
  await expect.poll(() => told).toEqual([0.5]);
  models.cancelImport();
  await expect(importing).rejects.toMatchObject({ code: 'cancelled' });
  expect(told).toEqual([0.5, 'reload', 'changed', null]);
});

it('cancels no download’s import with it, nor the next one', async () => {
  const signals: (AbortSignal | undefined)[] = [];
  const { models, told } = modelsOf(async ({ signal, onProgress }) => {
    signals.push(signal);
    onProgress?.(1);
    return [];
  });
  models.cancelImport();
  await models.import(['a.onnx'], {}, {});
  await models.importChosen(['b.onnx'], {});
  expect(signals.map((signal) => signal?.aborted)).toEqual([undefined, false]);
  expect(told.filter((fact) => typeof fact === 'number')).toEqual([1]);
});

it('closes once nothing is imported any more', async () => {
  const { models, told } = modelsOf(endless);
  const importing = models.importChosen(['a.onnx'], {}).catch(() => told.push('rejected'));
  await expect.poll(() => told).toEqual([0.5]);
  await models.close();
  await importing;
  expect(told).toContain('rejected');
});

it('cancels the trial of a model in 8 bits, also one that waits for its turn, and no import with it', async () => {
  const { models, told } = modelsOf(endless);
  const trying = models.quantise('a').catch(() => told.push('rejected'));
  const waiting = models.quantise('b').catch(() => told.push('rejected'));
  await expect.poll(() => told).toContainEqual(['a', 0.5]);
  models.cancelImport();
  models.cancelQuantise();
  await Promise.all([trying, waiting]);
  expect(told.filter((fact) => fact === 'rejected')).toHaveLength(2);
  expect(told).toContainEqual(['a', null]);
  expect(told).not.toContainEqual(['b', 0.5]);
});
