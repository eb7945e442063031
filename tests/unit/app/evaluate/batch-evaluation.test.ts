import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { BatchEvaluation } from '../../../../src/app/evaluate/batch-evaluation.ts';
import { evaluatePairs } from '../../../../src/app/evaluate/evaluate-pairs.ts';
import { evaluationChart } from '../../../../src/app/evaluate/evaluation-chart.ts';
import { evaluationCsv, evaluationJson } from '../../../../src/app/evaluate/evaluation-report.ts';
import { findPairs } from '../../../../src/app/evaluate/pairs.ts';
import { nodeLauncher } from '../../../../src/app/node-launcher.ts';
import { PhotoRegister } from '../../../../src/app/photos/photo-register.ts';
import { SupervisedEngine } from '../../../../src/app/supervised-engine.ts';
import type { BatchEvaluationProgress } from '../../../../src/shared/contract.ts';
import { valueOf } from '../../../../src/shared/evaluation.ts';
import { testFolder } from '../../../support/golden.ts';
import { flatPicture, savePicture } from '../../../support/pictures.ts';
import { builtProgram } from '../../../support/programs.ts';

const names = ['a', 'b', 'c'];

/** Three photos with results beside them, references for two of them, and a real engine. */
async function stage() {
  const folder = await testFolder();
  const at = (...parts: readonly string[]): string => join(folder, ...parts);
  for (const name of ['photos', 'references']) await mkdir(at(name));
  for (const [index, name] of names.entries()) {
    await savePicture(flatPicture(20, 16, 100), at('photos', `${name}.png`));
    await savePicture(flatPicture(40, 32, 100 + index), at('photos', `${name}_4x.png`));
    if (index < 2) await savePicture(flatPicture(40, 32, 100), at('references', `${name}.png`));
  }
  const engine = new SupervisedEngine({
    launch: nodeLauncher(builtProgram('engine-host.js')),
    settings: { modelFolders: [], cacheFolder: at('cache'), temporaryFolder: folder, threads: 1 },
  });
  onTestFinished(() => engine.close());
  const register = new PhotoRegister();
  await register.allow(at('photos'));
  const told: BatchEvaluationProgress[] = [];
  const metricsFolder = at('metrics');
  const batch = new BatchEvaluation({ engine: engine.evaluation, register, metricsFolder, onProgress: (progress) => told.push(progress) });
  const enhanced = names.map((name) => ({ source: at('photos', `${name}.png`), result: at('photos', `${name}_4x.png`) }));
  const measured = () => told.flatMap(({ latest }) => latest ?? []);
  return { at, engine, register, told, measured, metricsFolder, batch, enhanced };
}

describe('measuring many results', () => {
  it('tells of one after the other, and reports in the words of the command line', async () => {
    const { at, engine, register, told, measured, metricsFolder, batch, enhanced } = await stage();
    await batch.measure(enhanced, at('references'));
    expect(told[0]).toEqual({ done: 0, count: 3, latest: null });
    expect(told.flatMap(({ done, latest }) => (latest === null ? [] : [done]))).toEqual([1, 2, 3]);
    expect(told.map(({ done }) => done)).toEqual(told.map(({ done }) => done).toSorted((one, other) => one - other));
    expect(measured().map(({ photo }) => register.pathOf(photo))).toEqual(enhanced.map(({ source }) => source));
    expect(measured().map((one) => valueOf(one, { id: 'psnr-y' }) ?? 0)).toEqual([80, expect.closeTo(49.45, 2), 0]);

    const { pairs, alone } = await findPairs({
      ...{ results: at('photos'), sources: at('photos'), reference: at('references') },
      template: '{name}_{scale}x',
    });
    const { signal } = new AbortController();
    const same = await evaluatePairs(engine.evaluation, pairs, { metricsFolder, signal, onProgress: () => undefined });
    expect(JSON.parse(batch.report('json'))).toEqual(JSON.parse(evaluationJson(same, alone)));
    expect(batch.report('csv')).toBe(evaluationCsv(same));
    expect(batch.report('svg')).toBe(evaluationChart(same));
  });

  it('goes on after a result that is gone, or that may not be seen any more', async () => {
    const { at, measured, batch, enhanced } = await stage();
    await rm(at('photos', 'a_4x.png'));
    await batch.measure([...enhanced, { source: at('photos', 'c.png'), result: at('references', 'a.png') }], null);
    expect(measured().map(({ problem }) => problem?.code ?? null)).toEqual(['not-found', null, null, 'not-opened']);
    expect(batch.report('csv').split('\r\n')).toHaveLength(6);
  });

  it('keeps what was measured before it was cancelled', async () => {
    const { told, measured, batch, enhanced } = await stage();
    const many = Array.from({ length: 200 }, () => enhanced).flat();
    const over = batch.measure(many, null);
    await expect.poll(() => measured().length, { timeout: 20_000 }).toBeGreaterThan(0);
    batch.cancel();
    await over;
    expect(measured().length).toBeLessThan(many.length);
    expect(batch.report('csv').trim().split('\r\n')).toHaveLength(1 + measured().length);
    const before = told.length;
    await batch.measure(enhanced.slice(0, 1), null);
    expect(told.at(-1)).toMatchObject({ done: 1, count: 1 });
    expect(batch.report('csv').trim().split('\r\n')).toHaveLength(2);
    expect(told.length).toBeGreaterThan(before);
  });

  it('gives up a batch for another, and has nothing where the references are gone', async () => {
    const { at, told, batch, enhanced } = await stage();
    const first = batch.measure(Array.from({ length: 200 }, () => enhanced).flat(), null);
    await expect.poll(() => told.length, { timeout: 20_000 }).toBeGreaterThan(0);
    await batch.measure(enhanced.slice(1), null);
    await first;
    expect(told.at(-1)).toMatchObject({ done: 2, count: 2 });
    expect(batch.report('csv').trim().split('\r\n')).toHaveLength(3);
    await expect(batch.measure(enhanced, at('nowhere'))).rejects.toMatchObject({ code: 'not-found' });
    expect(batch.report('csv').trim().split('\r\n')).toHaveLength(1);
  });
});
