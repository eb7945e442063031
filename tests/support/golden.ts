import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import type { PixelFormat, Samples } from '../../src/engine/image/pixels.ts';
import type { ModelImports } from '../../src/engine/engine.ts';
import { findModel, loadModels } from '../../src/engine/models.ts';
import { feedForward } from '../../src/engine/pipelines/feed-forward/kind.ts';
import type { PipelineRun } from '../../src/engine/pipelines/kind.ts';
import { openPipeline, type Pipeline, type PipelineRequest } from '../../src/engine/pipelines/pipeline.ts';
import type { UsableModel } from '../../src/engine/runtime/model.ts';
import { rememberVerdict, verdictKey } from '../../src/engine/runtime/verdicts.ts';
import { cpu } from '../../src/engine/runtime/providers.ts';
import type { Notice } from '../../src/shared/engine-protocol.ts';
import type { EnlargingManifest, FeedForwardManifest } from '../../src/shared/manifest.ts';
import { eachDial } from '../../src/shared/options.ts';
import { collector, memoryPixels } from './memory-pixels.ts';

/** Models of a few KiB whose right answer is known (made by `tests/fixtures/make-graphs.py`). */
export const goldenFolder = fileURLToPath(new URL('../fixtures/graphs/', import.meta.url));

export async function goldenModel(id: string, folder = goldenFolder): Promise<UsableModel<FeedForwardManifest>> {
  const model = findModel(await loadModels([folder]), id);
  if (model.manifest.pipeline !== 'feed-forward') throw new Error(`${id} is no feed-forward model.`);
  return { ...model, manifest: model.manifest };
}

/** A folder that is removed when the test is over. */
export async function testFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'onestep-test-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

export interface Opened {
  readonly pipeline: Pipeline;
  readonly notices: Notice[];
  readonly cacheFolder: string;
}

/** A pipeline of a model with options as they are by default, closed when the test is over. */
export async function openForTest(
  model: UsableModel<EnlargingManifest>,
  { options = {}, ...more }: Partial<Omit<PipelineRequest, 'options'>> & { options?: Partial<PipelineRequest['options']> } = {},
): Promise<Opened> {
  const notices: Notice[] = [];
  const cacheFolder = more.cacheFolder ?? (await testFolder());
  const pipeline = await openPipeline({
    model,
    bits: 8,
    // Spinning threads make each other wait where the machine is busy.
    threads: 1,
    cacheFolder,
    onNotice: (notice) => notices.push(notice),
    ...more,
    options: { ...eachDial(() => null), exact: false, provider: 'cpu', tile: 0, ...options },
  });
  onTestFinished(() => pipeline.close());
  return { pipeline, notices, cacheFolder };
}

/** The whole result of a photo in memory. */
export async function enlargeInMemory(
  pipeline: Pipeline,
  format: PixelFormat,
  photo: Samples,
  run: Partial<PipelineRun> = {},
): Promise<Samples> {
  const result = collector(format.bits);
  await pipeline.run(memoryPixels(format, photo), { sink: result.sink, scratch: await testFolder(), ...run });
  return result.all();
}

/** Remembers that a graph of the model passed on the CPU and is the fastest, so that it is the one that is chosen. */
export async function prefer(model: UsableModel<FeedForwardManifest>, file: string, cacheFolder: string): Promise<void> {
  const runnable = feedForward(model);
  for (const way of runnable.ways) {
    const secondsPerMegapixel = way.files[0]?.file === file ? 0.01 : 1;
    const verdict = { state: 'passed', parityDb: null, secondsPerMegapixel } as const;
    await rememberVerdict(cacheFolder, verdictKey(runnable, { way, provider: cpu }), verdict);
  }
}

const nothing = (): Promise<never> => Promise.reject(new Error('nothing is imported here'));
/** Of an engine whose test does not import. */
export const noImports: ModelImports = { importModels: nothing, quantiseModel: nothing, removeModel: nothing };
