import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, beforeEach, afterEach, describe, expect, it, vi } from 'vitest';
import { createContext, type EngineContext } from '../../../src/engine/context.ts';
import { findModel, loadModels } from '../../../src/engine/models.ts';
import type { UsableModel } from '../../../src/engine/runtime/model.ts';
import { importModels } from '../../../src/import/import-models.ts';
import { samplePictures } from '../../../src/import/sample-pictures.ts';
import { quantiseModel } from '../../../src/import/quantise-model.ts';
import type { FeedForwardManifest } from '../../../src/shared/manifest.ts';
import { goldenModel, openForTest, testFolder } from '../../support/golden.ts';
import { writePicture } from '../../support/programs.ts';
import { writeTinyEsrgan } from '../../support/tiny-esrgan.ts';

/** What the disk does against a file of this name; null: nothing. */
const fault = vi.hoisted(() => ({ current: null as { call: 'writeFile' | 'rename'; file: string; code: string } | null }));
vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof import('node:fs/promises')>();
  const refuse = (call: string, path: unknown): void => {
    const { current } = fault;
    if (current?.call === call && String(path).endsWith(current.file)) {
      throw Object.assign(new Error(`${current.code}: refused`), { code: current.code });
    }
  };
  const writeFile = async (...wanted: Parameters<typeof real.writeFile>): Promise<void> => {
    refuse('writeFile', wanted[0]);
    return real.writeFile(...wanted);
  };
  const rename = async (...wanted: Parameters<typeof real.rename>): Promise<void> => {
    refuse('rename', wanted[1]);
    return real.rename(...wanted);
  };
  return { ...real, writeFile, rename };
});

/** Imported once: `alike` gives in 8 bits what it gives in 32, `unlike` does not. */
let imported: string;
/** A folder of the models of one test. */
let models: string;
const contextOf = (folder: string): EngineContext =>
  createContext({ modelFolders: [folder], cacheFolder: join(folder, '.cache'), temporaryFolder: join(folder, '.temporary'), threads: 1 });

beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'onestep-test-'));
  imported = join(folder, 'models');
  const paths = [await writeTinyEsrgan(join(folder, 'alike.onnx')), await writeTinyEsrgan(join(folder, 'unlike.onnx'), { detail: 200 })];
  const outcomes = await importModels(paths, {}, contextOf(imported), {});
  expect(outcomes.map(({ problem }) => problem)).toEqual([null, null]);
  return () => rm(folder, { recursive: true });
});

beforeEach(async () => {
  models = join(await testFolder(), 'models');
  await cp(imported, models, { recursive: true });
});

afterEach(() => {
  fault.current = null;
  vi.restoreAllMocks();
});

/** Every file of the models, and what the manifest says. */
async function stateOf(id: string): Promise<unknown> {
  const files = (await readdir(models, { recursive: true })).sort();
  return { files, manifest: await readFile(join(models, id, 'manifest.json'), 'utf8') };
}

/** What the engine takes where both graphs may be taken. */
async function precisionOf(id: string, options: { exact?: boolean } = {}): Promise<string> {
  const model = await goldenModel(id, models);
  const { pipeline } = await openForTest(model, { options });
  return pipeline.precision;
}
const manifestOf = async (id: string): Promise<FeedForwardManifest> => (await goldenModel(id, models)).manifest;
const usableOf = async (id: string): Promise<UsableModel> => findModel(await loadModels([models]), id);

// What is faster is measured: a computer that is busy may be wrong once.
describe('8 bits of an imported model', { timeout: 60_000, retry: 1 }, () => {
  it('are kept where they are alike and faster, and the engine takes them unless results have to be exact', async () => {
    const told: number[] = [];
    const outcome = await quantiseModel('alike', {}, contextOf(models), { onProgress: (fraction) => told.push(fraction) });
    expect(outcome).toMatchObject({ model: 'alike', kept: true, why: { code: 'quantise.kept' } });
    expect(outcome.agreementDb).toBeGreaterThan(46);
    expect(told.toSorted((a, b) => a - b)).toEqual(told);
    expect(told.at(-1)).toBe(1);
    const { graphs, selfTest, weights, card } = await manifestOf('alike');
    expect(graphs.map(({ precision }) => precision)).toEqual(['fp32', 'fp32', 'int8']);
    expect(card).toMatchObject({ eightBits: { agreementDb: outcome.agreementDb } });
    const names = ['manifest.json', selfTest.file, ...[...graphs, ...weights].map(({ file }) => file)];
    expect((await readdir(join(models, 'alike'))).sort()).toEqual(names.sort());
    expect((await readdir(models)).sort()).toEqual(['alike', 'unlike']);
    expect([await precisionOf('alike'), await precisionOf('alike', { exact: true })]).toEqual(['int8', 'fp32']);
    // Given twice.
    const before = await stateOf('alike');
    await expect(quantiseModel('alike', {}, contextOf(models), {})).rejects.toMatchObject({
      code: 'bad-request',
      said: { code: 'quantise.already' },
    });
    expect(await stateOf('alike')).toEqual(before);
  });

  it('are tried at once where the import is asked to, and the model comes with them', async () => {
    const folder = await testFolder();
    const told: number[] = [];
    const watch = { onProgress: (fraction: number) => told.push(fraction) };
    const path = await writeTinyEsrgan(join(folder, 'at-once.onnx'), { channels: 32, blocks: 3 });
    const [outcome] = await importModels([path], { quantise: true }, contextOf(models), watch);
    expect(outcome).toMatchObject({
      problem: null,
      quantised: { kept: true },
      model: { precisions: ['fp32', 'int8'], quantisable: false },
    });
    expect(told.toSorted((a, b) => a - b)).toEqual(told);
    expect((await readdir(models)).sort()).toEqual(['alike', 'at-once', 'unlike']);
    expect((await manifestOf('at-once')).graphs).toHaveLength(3);
    expect((await readdir(join(models, 'at-once'))).filter((file) => file.startsWith('.'))).toEqual([]);
  });

  it('are tried on photos where these are given, none of which stays with the model', async () => {
    const photos = await testFolder();
    await expect(quantiseModel('alike', { photos }, contextOf(models), {})).rejects.toMatchObject({
      code: 'not-found',
      said: { code: 'quantise.noPhotos' },
    });
    await writeFile(join(photos, 'damaged.png'), 'no picture');
    await writePicture(join(photos, 'a.png'), 90, 70);
    const outcome = await quantiseModel('alike', { photos }, contextOf(models), {});
    expect(outcome).toMatchObject({ kept: true, why: { code: 'quantise.keptOnPhotos', values: { least: 40 } } });
    const { selfTest, card } = await manifestOf('alike');
    expect(card).toMatchObject({ eightBits: { pictures: 'photos' } });
    const tile = (await readFile(join(models, 'alike', selfTest.file))).subarray(0, selfTest.width * selfTest.height * 3);
    expect(samplePictures(10, 48, 1000).some((picture) => tile.equals(picture))).toBe(true);
  });

  it('are refused where they are not alike, and nothing is left', async () => {
    const before = await stateOf('unlike');
    const outcome = await quantiseModel('unlike', {}, contextOf(models), {});
    expect(outcome).toMatchObject({ kept: false, why: { code: 'quantise.unlike', values: { least: 46 } } });
    expect(outcome.agreementDb).toBeLessThan(46);
    expect(await stateOf('unlike')).toEqual(before);
  });

  it('are refused where they are not faster, and nothing is left', async () => {
    const before = await stateOf('alike');
    // A processor that takes as long for everything.
    vi.spyOn(process, 'cpuUsage').mockReturnValue({ user: 1000, system: 0 });
    const outcome = await quantiseModel('alike', {}, contextOf(models), {});
    expect(outcome).toMatchObject({ kept: false, timesAsFast: 1, why: { code: 'quantise.notFaster' } });
    expect(await stateOf('alike')).toEqual(before);
  });

  it.each([0.2, 0.65])('leave nothing where they are cancelled at %d', async (when) => {
    const before = await stateOf('alike');
    const controller = new AbortController();
    const onProgress = (fraction: number): void => {
      if (fraction >= when) controller.abort();
    };
    const trying = quantiseModel('alike', {}, contextOf(models), { signal: controller.signal, onProgress });
    await expect(trying).rejects.toMatchObject({ code: 'cancelled' });
    expect(await stateOf('alike')).toEqual(before);
  });

  it.each([
    { call: 'writeFile', file: 'watched.onnx', code: 'ENOSPC', problem: 'not-enough-disk' },
    { call: 'rename', file: 'manifest.json', code: 'EACCES', problem: 'not-writable' },
  ] as const)('leave the model as it was where the disk refuses to $call $file', async ({ problem, ...refused }) => {
    const before = await stateOf('alike');
    fault.current = refused;
    await expect(quantiseModel('alike', {}, contextOf(models), {})).rejects.toMatchObject({ code: problem });
    expect(await stateOf('alike')).toEqual(before);
    expect((await usableOf('alike')).problem).toBeNull();
    expect(await precisionOf('alike')).toBe('fp32');
  });
});
